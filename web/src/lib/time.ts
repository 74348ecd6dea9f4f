/** Times arrive as RFC 3339 in UTC. They are shown in the browser's zone, and in UTC to whoever points at them. */
export function formatMoment(at: string): string {
  return new Date(at).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

/** The time of day to the second: the rest of the date is on the page already. */
export function formatClock(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function formatDate(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

export function formatUtc(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The day that an interval ends on: its end is exclusive, so midnight belongs to the day before. */
export function formatUtcLastDay(end: string): string {
  return formatUtcDay(new Date(new Date(end).getTime() - 1).toISOString());
}

/** Billing counts in UTC days, whatever the browser's zone. */
export function formatUtcDay(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 minutes ago`; beyond a month the date itself says more. */
export function formatAgo(at: string, now: Date): string {
  const seconds = (now.getTime() - new Date(at).getTime()) / 1000;
  if (seconds > 30 * 86_400) return formatDate(at);
  const words = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });
  for (const [unit, size] of STEPS) {
    if (seconds >= size) return words.format(-Math.floor(seconds / size), unit);
  }
  return "just now";
}
