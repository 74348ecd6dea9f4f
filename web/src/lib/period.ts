/** A billing period is a calendar month in UTC, written `2026-11` as in the API and the address bar. */
const PERIOD = /^\d{4}-(0[1-9]|1[0-2])$/;

export function parsePeriod(value: unknown): string | undefined {
  return typeof value === "string" && PERIOD.test(value) ? value : undefined;
}

export function periodAt(now: Date): string {
  return now.toISOString().slice(0, 7);
}

export function shiftPeriod(period: string, months: number): string {
  return periodAt(new Date(Date.UTC(yearOf(period), monthIndexOf(period) + months, 1)));
}

/** The day in UTC as `2026-11-24`, as the usage summary has it. */
export function dayAt(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/** `2026-11` becomes `November 2026`. */
export function periodLabel(period: string): string {
  const start = new Date(Date.UTC(yearOf(period), monthIndexOf(period), 1));
  return start.toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });
}

/** The first instant of the month and the first one after it, as the usage list takes them. */
export function periodBounds(period: string): { from: string; to: string } {
  return { from: `${period}-01T00:00:00Z`, to: `${shiftPeriod(period, 1)}-01T00:00:00Z` };
}

/** Every day of the month as `2026-11-24`, for a chart that also shows the days without requests. */
export function periodDays(period: string): string[] {
  const count = new Date(Date.UTC(yearOf(period), monthIndexOf(period) + 1, 0)).getUTCDate();
  return Array.from({ length: count }, (_, index) => `${period}-${String(index + 1).padStart(2, "0")}`);
}

function yearOf(period: string): number {
  return Number(period.slice(0, 4));
}

function monthIndexOf(period: string): number {
  return Number(period.slice(5, 7)) - 1;
}
