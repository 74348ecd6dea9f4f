import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { CreateKeyDialog } from "@/features/keys/components/create-key-dialog";
import { answerWith, renderInConsole } from "@/testing/render";

const SECRET = "tp_test_0123456789";
const key = { id: "1", name: "ci", environment: "test", prefix: "tp_test_0123", last_four: "6789" };

afterEach(() => vi.unstubAllGlobals());

it("the secret is shown once, can only be left on purpose, and stays nowhere", async () => {
  const user = userEvent.setup();
  const onClose = vi.fn();
  const sent = answerWith(201, { key, secret: SECRET });
  const queryClient = renderInConsole(<CreateKeyDialog opened onClose={onClose} />);

  await user.type(await screen.findByLabelText("Key name"), "ci");
  await user.click(screen.getByRole("radio", { name: "Test" }));
  await user.click(screen.getByRole("button", { name: "Create key" }));
  expect((await screen.findByTestId("new-secret")).textContent).toContain(SECRET);
  expect(sent[0]).toBe('POST /api/keys {"name":"ci","environment":"test"}');

  await user.keyboard("{Escape}");
  expect(onClose).not.toHaveBeenCalled();

  await user.click(screen.getByRole("button", { name: "I have saved it" }));
  expect(onClose).toHaveBeenCalledOnce();
  expect(screen.queryByText(SECRET)).toBeNull();
  const caches = [queryClient.getMutationCache(), queryClient.getQueryCache()];
  const remembered = () => JSON.stringify(caches.flatMap((cache) => cache.getAll().map(({ state }) => state)));
  await vi.waitFor(() => expect(remembered()).not.toContain(SECRET));
});
