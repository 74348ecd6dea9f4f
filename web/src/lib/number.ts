const grouped = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Counts of requests and tokens; never money. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `1,047,576` becomes `1M`: for sizes that are read, not added up. */
export function formatShortCount(count: number): string {
  return short.format(count);
}

export function formatLatency(latency_ms: number): string {
  return latency_ms < 1000 ? `${Math.round(latency_ms)} ms` : `${(latency_ms / 1000).toFixed(latency_ms < 10_000 ? 2 : 1)} s`;
}

/** `3` of `400` is `0.75%`. A share too small to see is not nothing. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || whole === 0) return "0%";
  const percent = (part / whole) * 100;
  if (percent < 0.01) return "<0.01%";
  return `${percent.toFixed(percent < 1 ? 2 : percent < 10 ? 1 : 0)}%`;
}

/** `1 request`, `2 requests`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
