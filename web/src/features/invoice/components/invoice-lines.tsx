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
            Quantity
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
            {isMarket(line) ? "Market data" : (line.model ?? line.kind)}
          </Text>
          {line.token_class && <Badge color="gray">{line.token_class}</Badge>}
          {line.late && <Badge color="orange">Late</Badge>}
        </Group>
        <Text size="xs" c="dimmed" className="sentence">
          {line.kind}, {daysOf(line)}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {!isMarket(line) && `${countOf(line.requests, "request")}, `}
          {quantityOf(line)}
        </Text>
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {isMarket(line) ? "–" : formatCount(line.requests)}
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm">
        {quantityOf(line)}
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

/** Market data is sold by the minute; what is sold by the token stands under its model's name. */
function isMarket({ model }: Line): boolean {
  return model === "market";
}

function quantityOf(line: Line): string {
  return countOf(line.quantity, isMarket(line) ? "topic minute" : "token");
}

function daysOf({ from, to }: Line): string {
  const [first, last] = [formatUtcDay(from), formatUtcLastDay(to)];
  return first === last ? first : `${first} to ${last}`;
}
