import { Badge, Box, Group, Table, Text, Tooltip } from "@mantine/core";
import type { Model } from "@/features/models/api/get-models";
import { ModelPrices, PriceCell } from "@/features/models/components/price-cell";
import { formatShortCount } from "@/lib/number";

export function ModelTable({ models }: { models: Model[] }) {
  return (
    <Table aria-label="Models">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Model</Table.Th>
          <Table.Th visibleFrom="md">Context</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Input
          </Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Cached input
          </Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Output
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="figures">
        {models.map((model) => (
          <ModelRow key={model.id} model={model} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function ModelRow({ model }: { model: Model }) {
  return (
    <Table.Tr data-testid="model-row">
      <Table.Td>
        <Group gap={6}>
          <Text size="sm" fw={600}>
            {model.id}
          </Text>
          {model.mode !== "chat" && <Badge color="orange">{model.mode}</Badge>}
          {model.capabilities.map((capability) => (
            <Badge key={capability} color="gray" fw={500} visibleFrom="lg">
              {capability.replaceAll("_", " ")}
            </Badge>
          ))}
        </Group>
        <Text size="xs" c="dimmed">
          {model.providers.join(", ")}
          {model.aliases.length > 0 && <Aliases aliases={model.aliases} />}
        </Text>
        <Box hiddenFrom="sm" mt={2}>
          <ModelPrices model={model} />
        </Box>
      </Table.Td>
      <Table.Td visibleFrom="md" style={{ whiteSpace: "nowrap" }}>
        <Text size="sm">{formatShortCount(model.context_tokens)}</Text>
        {model.max_output_tokens !== null && (
          <Text size="xs" c="dimmed">
            {formatShortCount(model.max_output_tokens)} out
          </Text>
        )}
      </Table.Td>
      <PriceCell price={model.price.input} list={model.list.input} />
      <PriceCell price={model.price.cached_input} />
      {/* An embedding has no output to pay for. */}
      <PriceCell price={model.mode === "embedding" ? null : model.price.output} list={model.list.output} />
    </Table.Tr>
  );
}

/** Enough to recognise a model by; dated ones come last in the catalogue. */
const ALIASES_SHOWN = 3;

function Aliases({ aliases }: { aliases: string[] }) {
  const rest = aliases.slice(ALIASES_SHOWN);
  return (
    <>
      , also as {aliases.slice(0, ALIASES_SHOWN).join(", ")}
      {rest.length > 0 && (
        <Tooltip label={rest.join(", ")} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
          <span tabIndex={0}> and {rest.length} more</span>
        </Tooltip>
      )}
    </>
  );
}
