import { SimpleGrid } from "@mantine/core";
import { useMe } from "@/api/me";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { ProblemAlert } from "@/components/problem-alert";
import { ButtonLink, TextLink } from "@/components/router-link";
import classes from "@/app/pages/overview-page.module.css";
import { GettingStarted } from "@/app/pages/getting-started";
import { useBalance } from "@/features/balance/api/get-balance";
import { AvailableCredit } from "@/features/balance/components/available-credit";
import { useUsage } from "@/features/usage/api/get-usage";
import { useUsageSummary } from "@/features/usage/api/get-usage-summary";
import { DailyChart } from "@/features/usage/components/daily-chart";
import { ErrorRate, MedianLatency, RequestCount, SpendToday } from "@/features/usage/components/headline-figures";
import { ModelUsageTable } from "@/features/usage/components/model-usage-table";
import { RequestTable } from "@/features/usage/components/request-table";
import { periodAt, periodLabel } from "@/lib/period";

/** As many as fit beside the chart without scrolling far. */
const RECENT_ROWS = 6;

export function OverviewPage() {
  const { tenant, actions } = useMe();
  const period = periodAt(new Date());
  const balance = useBalance();
  const summary = useUsageSummary(period);
  const toPlayground = actions.includes("keys.write") && (
    <ButtonLink to="/playground" variant="default">
      Open the playground
    </ButtonLink>
  );
  return (
    <Page title="Overview" lead={`${tenant.name}, ${periodLabel(period)}`} actions={toPlayground}>
      {balance.isError && <ProblemAlert error={balance.error} onRetry={() => void balance.refetch()} />}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing={{ base: "sm", md: "md" }} className={classes.figures}>
        <SpendToday summary={summary.data} />
        <AvailableCredit balance={balance.data} />
        <RequestCount summary={summary.data} />
        <ErrorRate summary={summary.data} />
        <MedianLatency summary={summary.data} />
      </SimpleGrid>
      <Loaded query={summary} height={420}>
        {(usage) =>
          usage.requests === 0 ? (
            <GettingStarted />
          ) : (
            <>
              <Panel title="Requests per day" actions={<TextLink to="/usage" size="sm">All usage</TextLink>}>
                <DailyChart summary={usage} />
              </Panel>
              <Panel title="By model" flush>
                <ModelUsageTable models={usage.by_model} />
              </Panel>
              <RecentRequests period={period} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function RecentRequests({ period }: { period: string }) {
  const rows = useUsage(period);
  return (
    <Panel title="Latest requests" flush>
      <Loaded query={rows} height={260}>
        {(list) => <RequestTable rows={list.slice(0, RECENT_ROWS)} />}
      </Loaded>
    </Panel>
  );
}
