import { Table, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { Amount } from "@/components/amount";
import { Moment } from "@/components/moment";
import type { UsageRow } from "@/features/usage/api/get-usage";
import { OutcomeBadge } from "@/features/usage/components/outcome-badge";
import { RequestDrawer } from "@/features/usage/components/request-drawer";
import { formatCount, formatLatency } from "@/lib/number";

/** One line per request; a click on its model opens everything that is known about it. */
export function RequestTable({ rows }: { rows: UsageRow[] }) {
  const [opened, setOpened] = useState<UsageRow | null>(null);
  return (
    <>
      <Table aria-label="Requests" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th visibleFrom="sm">Time</Table.Th>
            <Table.Th>Model</Table.Th>
            <Table.Th visibleFrom="md">Key</Table.Th>
            <Table.Th ta="right" visibleFrom="sm">
              Tokens in / out
            </Table.Th>
            <Table.Th ta="right" visibleFrom="lg">
              Latency
            </Table.Th>
            <Table.Th visibleFrom="sm">Outcome</Table.Th>
            <Table.Th ta="right">Cost</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="figures">
          {rows.map((row) => (
            <RequestRow key={row.request_id} row={row} onOpen={() => setOpened(row)} />
          ))}
        </Table.Tbody>
      </Table>
      <RequestDrawer row={opened} onClose={() => setOpened(null)} />
    </>
  );
}

function RequestRow({ row, onOpen }: { row: UsageRow; onOpen: () => void }) {
  return (
    <Table.Tr data-testid="usage-row">
      <Table.Td visibleFrom="sm" style={{ whiteSpace: "nowrap" }}>
        <Moment at={row.started_at} />
      </Table.Td>
      <Table.Td>
        <UnstyledButton onClick={onOpen} aria-label={`Details of the request to ${row.model}`} className="row-link">
          {row.model}
        </UnstyledButton>
        <Text size="xs" c="dimmed" visibleFrom="sm">
          {row.provider}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="sm" component="div">
          <Moment at={row.started_at} /> <OutcomeBadge reason={row.reason} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="md">{row.key_name}</Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {formatCount(row.input_tokens)} / {formatCount(row.output_tokens)}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="lg">
        {formatLatency(row.latency_ms)}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <OutcomeBadge reason={row.reason} />
      </Table.Td>
      <Table.Td ta="right">
        <Amount money={row.cost} />
      </Table.Td>
    </Table.Tr>
  );
}
