import { SimpleGrid } from "@mantine/core";
import { Amount } from "@/components/amount";
import { Figure } from "@/components/figure";
import type { UsageSummary } from "@/features/usage/api/get-usage-summary";
import { countOf, formatCount, formatLatency, formatShortCount } from "@/lib/number";

export function UsageFigures({ summary }: { summary: UsageSummary }) {
  const tokens = summary.input_tokens + summary.output_tokens;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "sm", md: "md" }}>
      <Figure label="Cost" value={<Amount money={summary.cost} />} note="This period" />
      <Figure label="Requests" value={formatCount(summary.requests)} note={countOf(summary.errors, "error")} />
      <Figure
        label="Tokens"
        value={formatShortCount(tokens)}
        note={`${formatShortCount(summary.input_tokens)} in, ${formatShortCount(summary.output_tokens)} out`}
      />
      <Figure
        label="Median latency"
        value={summary.p50_latency_ms === null ? "–" : formatLatency(summary.p50_latency_ms)}
        note="Whole reply"
      />
    </SimpleGrid>
  );
}
