import { Badge, Group, Table, Text } from "@mantine/core";
import type { DraftInvoice } from "@/features/invoice/api/get-draft-invoice";
import { CENTS, EXACT, formatMoney } from "@/lib/money";
import { countOf, formatCount } from "@/lib/number";
import { formatUtcDay, formatUtcLastDay } from "@/lib/time";

type Line = DraftInvoice["lines"][number];

export function InvoiceLines({ invoice }: { invoice: DraftInvoice }) {
  return (
    <Table aria-label="Invoice lines">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Description</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Requests
          </Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            Tokens
          </Table.Th>
          <Table.Th ta="right">Amount</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody className="figures">
        {invoice.lines.map((line) => (
          <LineRow key={[line.kind, line.model, line.token_class, line.late, line.from].join()} line={line} currency={invoice.currency} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function LineRow({ line, currency }: { line: Line; currency: string }) {
  return (
    <Table.Tr data-testid="invoice-line">
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {line.model ?? line.kind}
          </Text>
          {line.token_class && <Badge color="gray">{line.token_class}</Badge>}
          {line.late && <Badge color="orange">Late</Badge>}
        </Group>
        <Text size="xs" c="dimmed">
          {line.kind}, {formatUtcDay(line.from)} to {formatUtcLastDay(line.to)}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {countOf(line.requests, "request")}, {countOf(line.quantity, "token")}
        </Text>
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {formatCount(line.requests)}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {formatCount(line.quantity)}
      </Table.Td>
      <Table.Td ta="right">
        <Text size="sm" fw={600}>
          {formatMoney({ amount: line.amount, currency }, CENTS)}
        </Text>
        <Text size="xs" c="dimmed">
          {formatMoney({ amount: line.exact, currency }, EXACT)}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
