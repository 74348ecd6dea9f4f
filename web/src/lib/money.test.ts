import { describe, expect, it } from "vitest";
import { CENTS, EXACT, formatMoney, formatReadable, isZeroAmount, MICROS, sameAmount } from "@/lib/money";

const usd = (amount: string) => ({ amount, currency: "USD" });

describe("formatMoney", () => {
  it.each([
    ["0", "$0.00"],
    ["5", "$5.00"],
    ["12.3", "$12.30"],
    ["999.99", "$999.99"],
    ["1000", "$1,000.00"],
    ["1234567.891", "$1,234,567.89"],
    ["0012.50", "$12.50"],
    ["-12.34", "−$12.34"],
    ["-0.00", "$0.00"],
  ])("shows %s as %s", (amount, shown) => {
    expect(formatMoney(usd(amount), CENTS)).toBe(shown);
  });

  it("keeps digits that a JS number would lose", () => {
    expect(formatMoney(usd("9007199254740993.000000000001"), EXACT)).toBe("$9,007,199,254,740,993.000000000001");
  });

  it("cuts and never rounds up", () => {
    expect(formatMoney(usd("4.999999999999"), CENTS)).toBe("$4.99");
    expect(formatMoney(usd("0.0000429"), MICROS)).toBe("$0.000042");
  });

  it("drops trailing zeros beyond the smallest number of decimals", () => {
    expect(formatMoney(usd("0.001000000000"), MICROS)).toBe("$0.001");
    expect(formatMoney(usd("1.500000000000"), EXACT)).toBe("$1.50");
  });

  it("never shows a cost as nothing", () => {
    expect(formatMoney(usd("0.000042"), CENTS)).toBe("<$0.01");
    expect(formatMoney(usd("0.000000000001"), MICROS)).toBe("<$0.000001");
  });

  it("names a currency that has no symbol here", () => {
    expect(formatMoney({ amount: "-1234.5", currency: "CHF" }, CENTS)).toBe("−1,234.50 CHF");
  });

  it("shows a text that is no decimal as it came", () => {
    expect(formatMoney(usd("1e-7"), CENTS)).toBe("1e-7 USD");
  });
});

describe("formatReadable", () => {
  it("shows the cost of one request and keeps larger sums short", () => {
    expect(formatReadable(usd("0.000042"))).toBe("$0.000042");
    expect(formatReadable(usd("-0.5"))).toBe("−$0.50");
    expect(formatReadable(usd("41.203948172"))).toBe("$41.20");
  });
});

describe("isZeroAmount", () => {
  it("is true only when every digit is zero", () => {
    expect(isZeroAmount("-0.000000")).toBe(true);
    expect(isZeroAmount("0.000000000001")).toBe(false);
    expect(isZeroAmount("nothing")).toBe(false);
  });
});

describe("sameAmount", () => {
  it("looks past padding and sees every digit", () => {
    expect(sameAmount("2", "2.000")).toBe(true);
    expect(sameAmount("0.00", "-0")).toBe(true);
    expect(sameAmount("2.0", "-2.0")).toBe(false);
    expect(sameAmount("2.000000000001", "2")).toBe(false);
  });
});
