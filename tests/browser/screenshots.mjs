// Pictures of every page, at two widths in both themes, as small as a palette makes them:
//   npm run screenshots -- http://127.0.0.1:8080
// A new account is signed up and some requests are sent, so that the pages have something to show.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { chat, createKey, newVisitor, servesMarket, signUp, until } from "./account.mjs";
import { chooseTheme, openBrowser } from "./browser.mjs";
import { ENTRANCES, MARKET, openPage, PAGES } from "./pages.mjs";
import { withPalette } from "./palette.mjs";

const FOLDER = new URL("screenshots/", import.meta.url);
const WIDTHS = { 1440: 900, 390: 844 };
/** A long page is cut here: what is below repeats what is above. */
const HEIGHT_MAX = 1800;
const MODELS = ["gpt-4.1", "gpt-4.1-mini", "claude-sonnet-4.5", "gemini-2.5-flash", "deepseek-v3.2"];

const base = process.argv[2]?.replace(/\/$/, "");
if (!base) {
  console.error("usage: node screenshots.mjs BASE_URL");
  process.exit(2);
}

const browser = await openBrowser({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
// One tab for all: the playground makes a key per tab.
const page = browser.context.pages()[0] ?? (await browser.context.newPage());
let bytes = 0;
try {
  await signUp(page, base, newVisitor());
  const secret = await createKey(page, base, "production backend");
  for (let sent = 0; sent < 24; sent += 1) {
    const model = MODELS[Math.floor(sent ** 1.5) % MODELS.length];
    const response = await chat(base, secret, { model, text: `Question ${sent}: what does a toll road cost?`, streaming: sent % 3 === 0 });
    if (!response.ok) throw new Error(`a request was refused: ${await response.text()}`);
    await response.text();
  }
  await until("the requests in the summary", async () => {
    const summary = await page.evaluate(() => fetch("/api/usage/summary").then((response) => response.json()));
    return summary.requests >= 24;
  });

  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  const market = (await servesMarket(base, secret)) ? [MARKET] : [];
  for (const theme of ["light", "dark"]) {
    await chooseTheme(browser.context, theme);
    for (const target of [...PAGES, ...market, ...ENTRANCES]) {
      for (const [width, height] of Object.entries(WIDTHS)) {
        await picture(target, theme, Number(width), height);
      }
    }
  }
} finally {
  await browser.close();
}
console.log(`${(bytes / 1024).toFixed(0)} KiB`);

async function picture(target, theme, width, height) {
  await page.setViewportSize({ width, height });
  await openPage(page, base, target);
  if (target.name === "playground") await askSomething();
  if (target.name === "market") await page.locator("[data-testid=trade]").nth(8).waitFor();
  const full = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(HEIGHT_MAX, Math.max(height, full)) });
  await page.waitForTimeout(150);
  const png = withPalette(await page.screenshot({ animations: "disabled", caret: "hide" }));
  const name = `${target.name}-${width}-${theme}.png`;
  await writeFile(new URL(name, FOLDER), png);
  bytes += png.length;
  console.log(`${name} ${(png.length / 1024).toFixed(0)} KiB`);
}

async function askSomething() {
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("[data-testid=turn][data-state=done]").waitFor();
}
