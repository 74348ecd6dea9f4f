/** What exchanges call instruments: letters, digits and the few signs between them. */
const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,39}$/;

export function parseSymbol(value: unknown): string | undefined {
  return typeof value === "string" && SYMBOL.test(value) ? value.toUpperCase() : undefined;
}
