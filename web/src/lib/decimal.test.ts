import { expect, it } from "vitest";
import { columnDecimals, decimalDifference, trimDecimals } from "@/lib/decimal";

it("a difference keeps every digit", () => {
  expect(decimalDifference("0.3", "0.10")).toBe("0.20");
  expect(decimalDifference("64210.10000001", "64210.10000000")).toBe("0.00000001");
  expect(decimalDifference("9007199254740993", "9007199254740992")).toBe("1");
  expect(decimalDifference("1.5", "2")).toBe("-0.5");
});

it("a text that is no plain decimal has no difference", () => {
  expect(decimalDifference("1e-8", "1")).toBeNull();
});

it("zeros at the end go, digits stay", () => {
  expect(trimDecimals("64210.10000000", 2)).toBe("64210.10");
  expect(trimDecimals("0.00001230", 2)).toBe("0.0000123");
  expect(trimDecimals("12.00000000", 0)).toBe("12");
  expect(trimDecimals("120", 2)).toBe("120");
  expect(trimDecimals("1e-8", 2)).toBe("1e-8");
});

it("a column has the decimals of its longest figure", () => {
  expect(columnDecimals(["0.10000000", "0.00120000"])).toBe(4);
  expect(columnDecimals(["1", "2.50000000"])).toBe(2);
});
