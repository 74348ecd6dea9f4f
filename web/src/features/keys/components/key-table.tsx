import { Badge, Box, Group, Table, Text } from "@mantine/core";
import { Moment } from "@/components/moment";
import type { Key } from "@/features/keys/api/get-keys";
import { KeyMenu } from "@/features/keys/components/key-menu";
import { formatDate } from "@/lib/time";

/** Keys that work first, the revoked ones below. `editable` is whether the reader's role may rename and revoke. */
export function KeyTable({ keys, editable }: { keys: Key[]; editable: boolean }) {
  const working = keys.filter((key) => key.revoked_at === null);
  const revoked = keys.filter((key) => key.revoked_at !== null);
  return (
    <Table aria-label="API keys">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th visibleFrom="sm">Key</Table.Th>
          <Table.Th visibleFrom="md">Created</Table.Th>
          <Table.Th visibleFrom="sm">Last used</Table.Th>
          <Table.Th>
            <span className="visually-hidden">Actions</span>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...working, ...revoked].map((key) => (
          <KeyRow key={key.id} apiKey={key} editable={editable} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function KeyRow({ apiKey, editable }: { apiKey: Key; editable: boolean }) {
  const revoked = apiKey.revoked_at !== null;
  return (
    <Table.Tr data-testid="key-row">
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={revoked ? 400 : 600} c={revoked ? "dimmed" : undefined} td={revoked ? "line-through" : undefined} style={{ overflowWrap: "anywhere" }}>
            {apiKey.name}
          </Text>
          <KeyBadge apiKey={apiKey} />
        </Group>
        <Box hiddenFrom="sm">
          <MaskedKey apiKey={apiKey} />
          <Text size="xs" c="dimmed">
            <LastUse apiKey={apiKey} />
          </Text>
        </Box>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <MaskedKey apiKey={apiKey} />
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Text size="sm">{formatDate(apiKey.created_at)}</Text>
        <Text size="xs" c="dimmed">
          by {apiKey.created_by}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" c={apiKey.last_used_at ? undefined : "dimmed"}>
          <LastUse apiKey={apiKey} />
        </Text>
      </Table.Td>
      <Table.Td ta="right" w={56}>
        {editable && !revoked && <KeyMenu apiKey={apiKey} />}
      </Table.Td>
    </Table.Tr>
  );
}

function KeyBadge({ apiKey }: { apiKey: Key }) {
  if (apiKey.revoked_at !== null) return <Badge color="gray">Revoked</Badge>;
  return apiKey.environment === "test" ? <Badge color="orange">Test</Badge> : <Badge>Live</Badge>;
}

function MaskedKey({ apiKey }: { apiKey: Key }) {
  return (
    <Text size="xs" ff="monospace" c="dimmed" component="span" style={{ whiteSpace: "nowrap" }}>
      {apiKey.prefix}…{apiKey.last_four}
    </Text>
  );
}

function LastUse({ apiKey }: { apiKey: Key }) {
  return apiKey.last_used_at === null ? <>Never used</> : <Moment at={apiKey.last_used_at} ago />;
}
