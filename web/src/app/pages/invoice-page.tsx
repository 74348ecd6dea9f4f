import { Badge, Box, Divider, Group } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { FirstRequest } from "@/components/first-request";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { PeriodStepper } from "@/components/period-stepper";
import { useDraftInvoice } from "@/features/invoice/api/get-draft-invoice";
import { InvoiceLines } from "@/features/invoice/components/invoice-lines";
import { InvoiceTotals } from "@/features/invoice/components/invoice-totals";
import { periodAt, periodLabel } from "@/lib/period";
import { formatUtc } from "@/lib/time";

const route = getRouteApi("/console/invoice");

export function InvoicePage() {
  const { period = periodAt(new Date()) } = route.useSearch();
  const navigate = useNavigate();
  const invoice = useDraftInvoice(period);
  const stepper = <PeriodStepper period={period} onChange={(next) => void navigate({ to: "/invoice", search: { period: next } })} />;
  return (
    <Page title="Invoice" lead="A line per model. The running month is a draft and grows with every request." actions={stepper}>
      <Loaded query={invoice} height={280}>
        {(draft) =>
          draft.lines.length === 0 ? (
            <Panel title={`Nothing to invoice in ${periodLabel(period)}`}>
              <FirstRequest lead="This line adds the first one:" />
            </Panel>
          ) : (
            <Panel
              title={periodLabel(draft.period)}
              lead={`As of ${formatUtc(draft.as_of)}`}
              actions={<StatusBadge status={draft.status} />}
              flush
            >
              <InvoiceLines invoice={draft} />
              <Divider />
              <Box px="lg" py="md">
                <InvoiceTotals invoice={draft} />
              </Box>
            </Panel>
          )
        }
      </Loaded>
    </Page>
  );
}

function StatusBadge({ status }: { status: string }) {
  return (
    <Group gap="xs">
      <Badge color={status === "draft" ? "orange" : "brand"} tt="capitalize">
        {status}
      </Badge>
    </Group>
  );
}
