import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** More than this moves what somebody is about to click (web.dev, Cumulative Layout Shift, "good"). */
export const SHIFT_MAX = 0.1;

/** Counts layout shifts from the page's first paint on. To be called before any page is opened. */
export async function watchShifts(context) {
  await context.addInitScript(() => {
    window.layoutShift = 0;
    window.layoutShiftSources = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        window.layoutShift += entry.value;
        window.layoutShiftSources.push(...entry.sources.map(({ node }) => node?.className ?? node?.nodeName ?? "?"));
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** How far things moved since the page was loaded, and which. */
export function shiftOf(page) {
  return page.evaluate(() => ({ score: window.layoutShift, sources: window.layoutShiftSources.slice(0, 5) }));
}

/** The serious and critical findings of axe, one line each. Evaluated, not injected: the page's own policy forbids scripts from elsewhere. */
export async function seriousFindings(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).slice(0, 4).join(" | ")}`);
}
