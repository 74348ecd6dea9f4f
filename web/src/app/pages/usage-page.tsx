import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { FirstRequest } from "@/components/first-request";
import { Loaded } from "@/components/loaded";
import { MoreButton } from "@/components/more-button";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { PeriodStepper } from "@/components/period-stepper";
import { useUsage } from "@/features/usage/api/get-usage";
import { useUsageSummary } from "@/features/usage/api/get-usage-summary";
import { ModelUsageTable } from "@/features/usage/components/model-usage-table";
import { RequestTable } from "@/features/usage/components/request-table";
import { UsageFigures } from "@/features/usage/components/usage-figures";
import { periodAt, periodLabel } from "@/lib/period";

const route = getRouteApi("/console/usage");

export function UsagePage() {
  const { period = periodAt(new Date()) } = route.useSearch();
  const navigate = useNavigate();
  const summary = useUsageSummary(period);
  const stepper = <PeriodStepper period={period} onChange={(next) => void navigate({ to: "/usage", search: { period: next } })} />;
  return (
    <Page title="Usage" lead="What was asked of which model, and what it cost." actions={stepper}>
      <Loaded query={summary} height={260}>
        {(usage) =>
          usage.requests === 0 ? (
            <Panel title={`No requests in ${periodLabel(period)}`}>
              <FirstRequest lead="This line makes one. It appears here within seconds." />
            </Panel>
          ) : (
            <>
              <UsageFigures summary={usage} />
              <Panel title="By model" flush>
                <ModelUsageTable models={usage.by_model} />
              </Panel>
              <RequestPanel period={period} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function RequestPanel({ period }: { period: string }) {
  const rows = useUsage(period);
  return (
    <Panel title="Requests" lead="Newest first" flush>
      <Loaded query={rows} height={300}>
        {(list) => <RequestTable rows={list} />}
      </Loaded>
      <MoreButton pages={rows} label="Show older requests" />
    </Panel>
  );
}
