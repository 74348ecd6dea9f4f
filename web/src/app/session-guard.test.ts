import { expect, it } from "vitest";
import { returnPath } from "@/app/session-guard";

it("logging in leads back to a page of this console", () => {
  expect(returnPath("/usage?period=2026-11")).toBe("/usage?period=2026-11");
});

it("logging in never leads to another site", () => {
  for (const elsewhere of ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "", 7, undefined]) {
    expect(returnPath(elsewhere)).toBeUndefined();
  }
});
