import { Box, Group, Text, Tooltip } from "@mantine/core";
import classes from "@/features/usage/components/daily-chart.module.css";
import type { UsageSummary } from "@/features/usage/api/get-usage-summary";
import { formatReadable } from "@/lib/money";
import { countOf } from "@/lib/number";
import { periodDays } from "@/lib/period";
import { formatUtcDay } from "@/lib/time";

type Day = UsageSummary["by_day"][number];

/** Requests per day of the month. Bars stand for requests, not cost: an amount never becomes a number here. */
export function DailyChart({ summary }: { summary: UsageSummary }) {
  const known = new Map(summary.by_day.map((day) => [day.day, day]));
  const days = periodDays(summary.period);
  const peak = Math.max(1, ...summary.by_day.map(({ requests }) => requests));
  return (
    <Box>
      <div className={classes.bars} role="img" aria-label={`Requests per day, at most ${countOf(peak, "request")}`}>
        {days.map((day) => (
          <Bar key={day} day={day} usage={known.get(day)} peak={peak} />
        ))}
      </div>
      <Group justify="space-between" mt={6}>
        <Text size="xs" c="dimmed">
          {formatUtcDay(days[0] ?? summary.period)}
        </Text>
        <Text size="xs" c="dimmed">
          {formatUtcDay(days.at(-1) ?? summary.period)}
        </Text>
      </Group>
    </Box>
  );
}

function Bar({ day, usage, peak }: { day: string; usage: Day | undefined; peak: number }) {
  const label = usage
    ? `${formatUtcDay(day)}: ${countOf(usage.requests, "request")}, ${formatReadable(usage.cost)}`
    : `${formatUtcDay(day)}: no requests`;
  const height = usage ? `${(usage.requests / peak) * 100}%` : "0%";
  return (
    <Tooltip label={label}>
      <div className={classes.slot}>
        <div className={classes.bar} style={{ height }} data-empty={!usage?.requests || undefined} />
      </div>
    </Tooltip>
  );
}
