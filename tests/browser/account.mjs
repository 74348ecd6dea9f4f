import { randomBytes } from "node:crypto";

/** Somebody new, so that every run begins with an empty account. */
export function newVisitor() {
  return {
    email: `ada.${randomBytes(6).toString("hex")}@example.com`,
    password: randomBytes(12).toString("hex"),
    organisation: "Analytical Engines",
  };
}

/** Fills the sign-up form and waits for the console behind it. */
export async function signUp(page, base, { email, password, organisation }) {
  await page.goto(`${base}/signup`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel("Organisation").fill(organisation);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
}

/** Makes a key through the dialog and returns its secret, which is shown this once. */
export async function createKey(page, base, name) {
  await page.goto(`${base}/keys`);
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Key name").fill(name);
  await page.getByRole("button", { name: "Create key" }).click();
  const secret = await page.getByTestId("new-secret").locator("pre").innerText();
  await page.getByRole("button", { name: "I have saved it" }).click();
  return secret.trim();
}

/** One request as a program sends it: to `/v1`, with a key and without cookies. Returns the response. */
export function chat(base, secret, { model, text, streaming = false }) {
  return fetch(`${base}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      model,
      messages: [{ role: "user", content: text }],
      max_tokens: 60,
      ...(streaming && { stream: true, stream_options: { include_usage: true } }),
    }),
  });
}

/** Whether this gateway has a market lane: without one the address does not exist. */
export async function servesMarket(base, secret) {
  const response = await fetch(`${base}/v1/market/exchanges`, { headers: { authorization: `Bearer ${secret}` } });
  return response.status !== 404;
}

/** Repeats `look` until it is true; usage rows appear some seconds after their request. */
export async function until(what, look, within_ms = 20_000) {
  const deadline = Date.now() + within_ms;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${within_ms / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
