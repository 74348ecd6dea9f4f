import { expect, it } from "vitest";
import { csrfToken } from "@/lib/csrf";

it("the token is found among other cookies, with its equals signs", () => {
  expect(csrfToken("theme=dark; turnpike_csrf=ab=cd==; x=1")).toBe("ab=cd==");
});

it("the host-bound cookie of https wins over a plain one", () => {
  expect(csrfToken("turnpike_csrf=plain; __Host-turnpike_csrf=bound")).toBe("bound");
});

it("a cookie whose name merely ends alike is not the token", () => {
  expect(csrfToken("evil_turnpike_csrf=no; turnpike_csrf_old=no")).toBeNull();
  expect(csrfToken("")).toBeNull();
});
