import { Divider, Group, Stack, Text } from "@mantine/core";
import type { DraftInvoice } from "@/features/invoice/api/get-draft-invoice";
import { CENTS, EXACT, formatMoney } from "@/lib/money";

/** The server's own totals; nothing is added up here. */
export function InvoiceTotals({ invoice }: { invoice: DraftInvoice }) {
  const cents = (amount: string) => formatMoney({ amount, currency: invoice.currency }, CENTS);
  return (
    <Stack gap={6} maw={360} ml="auto" className="figures" data-testid="invoice-totals">
      <Total label="Subtotal" value={cents(invoice.subtotal)} />
      <Total label="Tax" value={cents(invoice.tax)} />
      <Divider my={4} />
      <Total label="Total" value={cents(invoice.total)} strong />
      <Total label="Paid from balance" value={cents(negative(invoice.paid_from_balance))} />
      <Divider my={4} />
      <Total label="Amount due" value={cents(invoice.amount_due)} strong />
      <Text size="xs" c="dimmed" ta="right">
        Exact total before rounding: {formatMoney({ amount: invoice.exact_total, currency: invoice.currency }, EXACT)}
      </Text>
    </Stack>
  );
}

function Total({ label, value, strong = false }: { label: string; value: string; strong?: boolean }) {
  return (
    <Group justify="space-between">
      <Text size="sm" c={strong ? undefined : "dimmed"} fw={strong ? 650 : 400}>
        {label}
      </Text>
      <Text size={strong ? "md" : "sm"} fw={strong ? 650 : 400}>
        {value}
      </Text>
    </Group>
  );
}

/** What was paid is shown as taken off; nothing paid stays a plain zero. */
function negative(amount: string): string {
  return amount.startsWith("-") ? amount : `-${amount}`;
}
