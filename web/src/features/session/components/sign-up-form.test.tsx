import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { SignUpForm } from "@/features/session/components/sign-up-form";
import { answerWith, renderInConsole } from "@/testing/render";

afterEach(() => vi.unstubAllGlobals());

async function fillAndSubmit() {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Organisation"), "Example");
  await user.type(screen.getByLabelText("E-mail"), "ada@example.test");
  await user.type(screen.getByLabelText("Password"), "correct horse");
  await user.click(screen.getByRole("button", { name: "Create account" }));
}

it("what the server says about a field stands at the field, and nowhere else", async () => {
  const onDone = vi.fn();
  answerWith(422, {
    status: 422,
    code: "invalid_fields",
    detail: "some fields are not acceptable",
    errors: [{ field: "email", message: "this address has an account already" }],
  });
  renderInConsole(<SignUpForm onDone={onDone} />);
  await fillAndSubmit();
  expect(await screen.findByText("This address has an account already.")).toBeDefined();
  expect(screen.getByLabelText("E-mail").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByLabelText("Password").getAttribute("aria-invalid")).not.toBe("true");
  expect(screen.queryByRole("alert")).toBeNull();
  expect(onDone).not.toHaveBeenCalled();
});

it("a refusal that concerns no field is shown above the form", async () => {
  answerWith(403, { status: 403, code: "sign_up_closed", detail: "too many accounts were opened from this network today" });
  renderInConsole(<SignUpForm onDone={vi.fn()} />);
  await fillAndSubmit();
  expect((await screen.findByRole("alert")).textContent).toContain("Too many accounts were opened from this network today.");
});

it("what was typed is what is sent", async () => {
  const onDone = vi.fn();
  const sent = answerWith(201, {});
  renderInConsole(<SignUpForm onDone={onDone} />);
  await fillAndSubmit();
  await vi.waitFor(() => expect(onDone).toHaveBeenCalled());
  expect(sent).toEqual(['POST /api/signup {"organisation":"Example","email":"ada@example.test","password":"correct horse"}']);
});
