import { Amount } from "@/components/amount";
import { Figure } from "@/components/figure";
import type { UsageSummary } from "@/features/usage/api/get-usage-summary";
import { formatReadable } from "@/lib/money";
import { countOf, formatCount, formatLatency, formatShare } from "@/lib/number";
import { dayAt } from "@/lib/period";

/** Undefined while the summary is on its way: the figure then keeps its place. */
type HeadlineProps = { summary: UsageSummary | undefined };

/** Days are UTC days, as in billing. A day without use is left out of the summary. */
export function SpendToday({ summary }: HeadlineProps) {
  const today = summary?.by_day.find(({ day }) => day === dayAt(new Date()));
  const cost = today?.cost ?? (summary && { amount: "0", currency: summary.cost.currency });
  return (
    <Figure
      label="Spend today"
      emphasis
      value={cost && <Amount money={cost} />}
      note={summary && `${formatReadable(summary.cost)} this month`}
    />
  );
}

export function RequestCount({ summary }: HeadlineProps) {
  const today = summary?.by_day.find(({ day }) => day === dayAt(new Date()))?.requests ?? 0;
  return <Figure label="Requests" value={summary && formatCount(summary.requests)} note={summary && `${formatCount(today)} today`} />;
}

export function ErrorRate({ summary }: HeadlineProps) {
  return (
    <Figure
      label="Error rate"
      value={summary && formatShare(summary.errors, summary.requests)}
      note={summary && countOf(summary.errors, "error")}
    />
  );
}

export function MedianLatency({ summary }: HeadlineProps) {
  const latency_ms = summary?.p50_latency_ms ?? null;
  return (
    <Figure
      label="Median latency"
      value={summary && (latency_ms === null ? "–" : formatLatency(latency_ms))}
      note="Whole reply"
    />
  );
}
