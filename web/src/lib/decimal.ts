/** The difference of two decimal texts with all its digits: `decimalDifference("0.30", "0.1")` is `0.20`. Null when one is no plain decimal. */
export function decimalDifference(left: string, right: string): string | null {
  const decimals = Math.max(decimalsOf(left), decimalsOf(right));
  const [a, b] = [scaled(left, decimals), scaled(right, decimals)];
  if (a === null || b === null) return null;
  const difference = a - b;
  const digits = (difference < 0n ? -difference : difference).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
  return difference < 0n ? `-${text}` : text;
}

/** `64210.10000000` becomes `64210.1`, and never fewer than `decimalsMin` decimals. No digit that counts is lost. */
export function trimDecimals(text: string, decimalsMin: number): string {
  const [whole = "", fraction] = text.split(".");
  if (fraction === undefined || !/^\d+$/.test(fraction)) return text;
  const kept = fraction.replace(/0+$/, "").padEnd(Math.min(decimalsMin, fraction.length), "0");
  return kept ? `${whole}.${kept}` : whole;
}

/** The decimals that a column of these needs so that its points stand below each other, and at least two. */
export function columnDecimals(texts: string[]): number {
  return Math.max(2, ...texts.map((text) => decimalsOf(trimDecimals(text, 0))));
}

function decimalsOf(text: string): number {
  return text.split(".")[1]?.length ?? 0;
}

function scaled(text: string, decimals: number): bigint | null {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return null;
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}
