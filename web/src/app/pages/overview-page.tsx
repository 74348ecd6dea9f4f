import { SimpleGrid } from "@mantine/core";
import { useMe } from "@/api/me";
import { Amount } from "@/components/amount";
import { Figure } from "@/components/figure";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { Panel } from "@/components/panel";
import { TextLink } from "@/components/router-link";
import { GettingStarted } from "@/app/pages/getting-started";
import { useBalance } from "@/features/balance/api/get-balance";
import { AvailableCredit } from "@/features/balance/components/available-credit";
import { useUsageSummary } from "@/features/usage/api/get-usage-summary";
import { DailyChart } from "@/features/usage/components/daily-chart";
import { ModelUsageTable } from "@/features/usage/components/model-usage-table";
import { countOf, formatCount } from "@/lib/number";
import { periodAt, periodLabel } from "@/lib/period";

export function OverviewPage() {
  const { tenant } = useMe();
  const period = periodAt(new Date());
  const balance = useBalance();
  const summary = useUsageSummary(period);
  return (
    <Page title="Overview" lead={`${tenant.name}, ${periodLabel(period)}`}>
      <Loaded query={balance} height={110}>
        {(credit) => (
          <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
            <AvailableCredit balance={credit} />
            <Figure label="Spent this period" value={<Amount money={credit.spent_this_period} />} note={periodLabel(period)} />
            <Figure
              label="Requests"
              value={summary.data ? formatCount(summary.data.requests) : "–"}
              note={summary.data && countOf(summary.data.errors, "error")}
            />
          </SimpleGrid>
        )}
      </Loaded>
      <Loaded query={summary} height={220}>
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
            </>
          )
        }
      </Loaded>
    </Page>
  );
}
