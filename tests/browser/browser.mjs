import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Headless, and silent: nothing but the page under test may open a connection. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium with a profile of its own, which is gone after `close`. */
export async function openBrowser(options) {
  const profile = await mkdtemp(join(tmpdir(), "turnpike-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.TURNPIKE_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: FLAGS,
    headless: true,
    locale: "en-US",
    timezoneId: "UTC",
    ...options,
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  return { context, close };
}

/** The theme as a visitor sets it: the console keeps the choice in local storage. */
export async function chooseTheme(context, theme) {
  await context.addInitScript((scheme) => localStorage.setItem("mantine-color-scheme-value", scheme), theme);
}
