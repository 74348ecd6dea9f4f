/**
 * Amounts arrive as decimal strings with up to twelve decimals and stay strings: a JS number would lose digits.
 * Everything here cuts and groups characters. Nothing rounds, because a rounded figure would disagree with the ledger.
 */
export type MoneyText = { amount: string; currency: string };

export type DecimalLimits = {
  /** Zeros are added up to here. */
  decimalsMin: number;
  /** Further digits are cut, never rounded up: what is shown is never more than what is there. */
  decimalsMax: number;
};

/** What an invoice is paid in. */
export const CENTS: DecimalLimits = { decimalsMin: 2, decimalsMax: 2 };
/** A single request may cost a few millionths. */
export const MICROS: DecimalLimits = { decimalsMin: 2, decimalsMax: 6 };
/** Every digit that the ledger has. */
export const EXACT: DecimalLimits = { decimalsMin: 2, decimalsMax: 12 };

const SYMBOLS: Record<string, string> = { USD: "$", EUR: "€", GBP: "£", CNY: "¥", JPY: "¥" };

/**
 * `{amount: "-1234.5", currency: "USD"}` becomes `−$1,234.50`. An amount too small for the limit becomes `<$0.01`,
 * so that a cost never reads as nothing. A text that is no decimal is shown as it came.
 */
export function formatMoney(money: MoneyText, limits: DecimalLimits): string {
  const decimal = parseDecimal(money.amount);
  if (!decimal) return `${money.amount} ${money.currency}`;
  const fraction = cutFraction(decimal.fraction, limits);
  const vanished = isZero(decimal.whole + fraction) && !isZero(decimal.fraction);
  const shown = vanished ? smallest(limits) : group(decimal.whole) + (fraction && `.${fraction}`);
  const sign = decimal.negative && !isZero(decimal.whole + decimal.fraction) ? "−" : "";
  const symbol = SYMBOLS[money.currency];
  const text = symbol ? sign + symbol + shown : `${sign}${shown} ${money.currency}`;
  return vanished ? `<${text}` : text;
}

/** Cents from one unit on; below it six decimals, so that the cost of a first request can be seen. */
export function formatReadable(money: MoneyText): string {
  return formatMoney(money, parseDecimal(money.amount)?.whole === "0" ? MICROS : CENTS);
}

/** Whether an amount is nothing at all, to the last digit. */
export function isZeroAmount(amount: string): boolean {
  const decimal = parseDecimal(amount);
  return decimal !== null && isZero(decimal.whole + decimal.fraction);
}

/** Whether two texts are the same amount, whatever zeros they carry. */
export function sameAmount(left: string, right: string): boolean {
  const [a, b] = [parseDecimal(left), parseDecimal(right)];
  if (!a || !b) return left === right;
  const signs = a.negative === b.negative || isZeroAmount(left);
  return signs && a.whole === b.whole && trimZeros(a.fraction) === trimZeros(b.fraction);
}

type Decimal = { negative: boolean; whole: string; fraction: string };

function parseDecimal(text: string): Decimal | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const [, minus, whole = "0", fraction = ""] = match;
  return { negative: minus === "-", whole: whole.replace(/^0+(?=\d)/, ""), fraction };
}

function cutFraction(fraction: string, { decimalsMin, decimalsMax }: DecimalLimits): string {
  return trimZeros(fraction.slice(0, decimalsMax)).padEnd(decimalsMin, "0");
}

function smallest({ decimalsMax }: DecimalLimits): string {
  return decimalsMax === 0 ? "1" : `0.${"1".padStart(decimalsMax, "0")}`;
}

function group(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

function trimZeros(digits: string): string {
  return digits.replace(/0+$/, "");
}

function isZero(digits: string): boolean {
  return /^0*$/.test(digits);
}
