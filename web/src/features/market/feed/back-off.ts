/** The first repeat comes soon: most interruptions are a restart of the gateway. */
const FIRST_MS = 500;
/** A page left open overnight should not ask more often than this. */
const LONGEST_MS = 15_000;

/** How long to wait before the attempt after `failures` failed ones: doubling, and spread so that pages do not return together. */
export function backOffMs(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(ceiling * (0.5 + random / 2));
}
