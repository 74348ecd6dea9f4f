import { expect } from "./report.mjs";

/** The live book: it comes, it changes, and it survives a lost connection. */
export async function followMarket(report, page, base) {
  await report.step("the market page shows a live book with both sides", async () => {
    await page.goto(`${base}/market`);
    await page.locator("[data-testid=ladder][data-status=live]").waitFor();
    for (const side of ["Bids", "Asks"]) {
      const levels = await page.getByRole("table", { name: side }).getByTestId("level").count();
      expect(levels >= 5, `${levels} levels among the ${side.toLowerCase()}`);
    }
  });

  await report.step("the best bid is below the best ask", async () => {
    const [bid, ask] = await page.evaluate(() => {
      const first = (side, cell) => document.querySelector(`table[aria-label=${side}] tbody tr`).cells[cell].innerText;
      return [Number(first("Bids", 1)), Number(first("Asks", 0))];
    });
    expect(bid < ask, `bid ${bid}, ask ${ask}`);
    return `${bid} / ${ask}`;
  });

  await report.step("the book and the tape move", async () => {
    const ladder = page.getByTestId("ladder");
    const before = await ladder.innerText();
    await page.waitForFunction((text) => document.querySelector("[data-testid=ladder]").innerText !== text, before);
    await page.getByTestId("trade").first().waitFor();
  });

  await report.step("a book whose connection is lost is flagged, and is live again afterwards", async () => {
    await page.context().setOffline(true);
    await page.locator("[data-testid=ladder]:not([data-status=live])").waitFor({ timeout: 30_000 });
    await page.context().setOffline(false);
    await page.locator("[data-testid=ladder][data-status=live]").waitFor({ timeout: 30_000 });
  });
}
