import { chooseTheme } from "./browser.mjs";
import { seriousFindings, SHIFT_MAX, shiftOf, watchShifts } from "./judgement.mjs";
import { ENTRANCES, MARKET, openPage, PAGES } from "./pages.mjs";
import { expect } from "./report.mjs";

/** Opens every page in both themes, with the session of `context`, and lets nothing serious pass. */
export async function judgePages(report, context, base, market) {
  await watchShifts(context);
  for (const theme of ["light", "dark"]) {
    await chooseTheme(context, theme);
    for (const target of [...PAGES, ...(market ? [MARKET] : []), ...ENTRANCES]) {
      await report.step(`${target.name}, ${theme}: nothing jumps, and axe finds nothing serious`, async () => {
        const page = await context.newPage();
        try {
          await openPage(page, base, target);
          const shown = await page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
          expect(shown === theme, `the page is ${shown}`);
          const { score, sources } = await shiftOf(page);
          expect(score <= SHIFT_MAX, `layout shift ${score.toFixed(3)}, moved: ${sources.join(", ")}`);
          const findings = await seriousFindings(page);
          expect(findings.length === 0, findings.join("; "));
          return `shift ${score.toFixed(3)}`;
        } finally {
          await page.close();
        }
      });
    }
  }
}
