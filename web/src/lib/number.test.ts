import { expect, it } from "vitest";
import { formatShare } from "@/lib/number";

it("a share is a percentage that never reads as nothing when there was something", () => {
  expect(formatShare(0, 400)).toBe("0%");
  expect(formatShare(0, 0)).toBe("0%");
  expect(formatShare(3, 400)).toBe("0.75%");
  expect(formatShare(30, 400)).toBe("7.5%");
  expect(formatShare(100, 400)).toBe("25%");
  expect(formatShare(1, 1_000_000)).toBe("<0.01%");
});
