import { Table, Text } from "@mantine/core";
import { Amount } from "@/components/amount";
import type { UsageSummary } from "@/features/usage/api/get-usage-summary";
import { countOf, formatCount } from "@/lib/number";

export function ModelUsageTable({ models }: { models: UsageSummary["by_model"] }) {
  return (
    <Table aria-label="Usage by model">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Model</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Requests
          </Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Input tokens
          </Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Output tokens
          </Table.Th>
          <Table.Th ta="right">Cost</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="figures">
        {models.map((usage) => (
          <Table.Tr key={usage.model}>
            <Table.Td>
              <Text size="sm" fw={600}>
                {usage.model}
              </Text>
              <Text size="xs" c="dimmed" hiddenFrom="sm">
                {countOf(usage.requests, "request")}, {formatCount(usage.input_tokens)} in, {formatCount(usage.output_tokens)} out
              </Text>
            </Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {formatCount(usage.requests)}
            </Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {formatCount(usage.input_tokens)}
            </Table.Td>
            <Table.Td ta="right" visibleFrom="sm">
              {formatCount(usage.output_tokens)}
            </Table.Td>
            <Table.Td ta="right">
              <Amount money={usage.cost} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
