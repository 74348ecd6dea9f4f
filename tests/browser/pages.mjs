/** Every page of the console: its address, its heading, and what must be on it before it counts as loaded. */
export const ENTRANCES = [
  { name: "login", path: "/login", heading: "Log in" },
  { name: "signup", path: "/signup", heading: "Create your account" },
];

export const PAGES = [
  { name: "overview", path: "/", heading: "Overview" },
  { name: "playground", path: "/playground", heading: "Playground" },
  { name: "keys", path: "/keys", heading: "API keys" },
  { name: "usage", path: "/usage", heading: "Usage" },
  { name: "invoice", path: "/invoice", heading: "Invoice" },
  { name: "models", path: "/models", heading: "Models" },
  { name: "settings", path: "/settings", heading: "Settings" },
];

/** Only where the gateway has a market lane. */
export const MARKET = { name: "market", path: "/market", heading: "Market" };

/** Opens a page and waits until nothing on it is loading any more. */
export async function openPage(page, base, { path, heading }) {
  await page.goto(base + path);
  await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
  // Web fonts, transitions and late answers get their chance to move things.
  await page.waitForTimeout(400);
}
