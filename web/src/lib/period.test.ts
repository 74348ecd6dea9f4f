import { describe, expect, it } from "vitest";
import { parsePeriod, periodAt, periodBounds, periodDays, periodLabel, shiftPeriod } from "@/lib/period";

describe("a billing period", () => {
  it("is refused from the address bar unless it is a month", () => {
    expect(parsePeriod("2026-11")).toBe("2026-11");
    for (const wrong of ["2026-13", "2026-00", "2026-1", "November", 202611, undefined]) {
      expect(parsePeriod(wrong)).toBeUndefined();
    }
  });

  it("is the month in UTC, wherever the browser is", () => {
    expect(new Date().getTimezoneOffset()).not.toBe(0);
    expect(periodAt(new Date("2026-12-01T00:30:00Z"))).toBe("2026-12");
  });

  it("steps over the turn of a year", () => {
    expect(shiftPeriod("2026-12", 1)).toBe("2027-01");
    expect(shiftPeriod("2026-01", -1)).toBe("2025-12");
  });

  it("ends where the next one begins", () => {
    expect(periodBounds("2026-12")).toEqual({ from: "2026-12-01T00:00:00Z", to: "2027-01-01T00:00:00Z" });
  });

  it("has every day once", () => {
    expect(periodDays("2028-02")).toHaveLength(29);
    expect(periodDays("2026-11").at(-1)).toBe("2026-11-30");
  });

  it("reads as a month and a year", () => {
    expect(periodLabel("2026-11")).toBe("November 2026");
  });
});
