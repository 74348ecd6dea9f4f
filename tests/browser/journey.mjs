// From sign-up to the invoice, as a customer goes it, in a real browser against a running console:
//   node journey.mjs http://127.0.0.1:8080
// Prints a line per step and ends with "N passed, N failed"; exit code 1 if anything failed.
import { chat, createKey, newVisitor, servesMarket, signUp, until } from "./account.mjs";
import { openBrowser } from "./browser.mjs";
import { judgePages } from "./judge-pages.mjs";
import { followMarket } from "./market-journey.mjs";
import { expect, Report } from "./report.mjs";

const MODEL = "gpt-4.1";
const OTHER_MODEL = "claude-sonnet-4.5";

const base = process.argv[2]?.replace(/\/$/, "");
if (!base) {
  console.error("usage: node journey.mjs BASE_URL");
  process.exit(2);
}

const report = new Report();
const browser = await openBrowser({ viewport: { width: 1440, height: 900 } });
const page = browser.context.pages()[0] ?? (await browser.context.newPage());
page.setDefaultTimeout(15_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(error.message));

let secret = "";

try {
  await report.step("a visitor signs up and sees the credit that they were given", async () => {
    await signUp(page, base, newVisitor());
    const figure = page.getByRole("region", { name: "Available credit" }).and(page.locator("[aria-busy=false]"));
    const text = (await figure.innerText()).replace(/\s+/g, " ");
    expect(/credit \$[1-9]/.test(text), `the overview says: ${text}`);
    return text;
  });

  await report.step("a new key shows its secret once", async () => {
    secret = await createKey(page, base, "journey");
    expect(/^tp_live_[A-Za-z0-9]{40}$/.test(secret), "what was shown is no secret of the documented form");
    await page.reload();
    await page.getByTestId("key-row").first().waitFor();
    expect(!(await page.content()).includes(secret), "the secret is still on the page after it was closed");
  });

  await report.step("the key answers a request", async () => {
    const response = await chat(base, secret, { model: MODEL, text: "Say hello." });
    const body = await response.json();
    expect(response.status === 200, `status ${response.status}: ${JSON.stringify(body)}`);
    expect(body.choices[0].message.content.length > 0, "the reply is empty");
    return `cost ${body.cost_usd}`;
  });

  await report.step("the key answers a streamed request", async () => {
    const response = await chat(base, secret, { model: OTHER_MODEL, text: "Say hello.", streaming: true });
    const text = await response.text();
    expect(response.status === 200, `status ${response.status}: ${text}`);
    expect(text.trimEnd().endsWith("data: [DONE]"), "the stream has no end");
    expect(text.includes('"cost_usd":'), "the usage chunk says no cost");
  });

  await report.step("both requests appear under usage with their cost", async () => {
    await until("two usage rows", async () => {
      await page.goto(`${base}/usage`);
      await page.getByRole("heading", { name: "Usage", level: 1 }).waitFor();
      await page.getByTestId("usage-row").nth(1).waitFor({ timeout: 2_000 }).catch(() => undefined);
      return (await page.getByTestId("usage-row").count()) >= 2;
    });
    const rows = await page.getByTestId("usage-row").allInnerTexts();
    for (const model of [MODEL, OTHER_MODEL]) {
      const row = rows.find((text) => text.includes(model));
      expect(row && /\$0\.\d*[1-9]/.test(row), `no row of ${model} with a cost, but: ${rows.join(" / ")}`);
    }
  });

  await report.step("the draft invoice has a line per model", async () => {
    await page.goto(`${base}/invoice`);
    await page.getByTestId("invoice-line").nth(1).waitFor();
    const lines = await page.getByTestId("invoice-line").allInnerTexts();
    for (const model of [MODEL, OTHER_MODEL]) {
      expect(lines.filter((line) => line.includes(model)).length === 1, `not one line of ${model}, but: ${lines.join(" / ")}`);
    }
  });

  const market = await servesMarket(base, secret);

  await report.step("a revoked key is refused", async () => {
    await page.goto(`${base}/keys`);
    await page.getByRole("button", { name: "Actions for journey" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByTestId("key-row").getByText("Revoked").waitFor();
    const refused = async () => (await chat(base, secret, { model: MODEL, text: "Say hello." })).status === 401;
    await until("a refusal of the revoked key", refused, 5_000);
  });

  await report.step("the playground streams a reply and says what it cost", async () => {
    await page.goto(`${base}/playground`);
    await page.getByLabel("Message").fill("Name three toll roads.");
    await page.getByRole("button", { name: "Send" }).click();
    const turn = page.getByTestId("turn").last();
    await turn.and(page.locator("[data-state=done]")).waitFor();
    expect((await turn.getByTestId("reply").innerText()).trim() !== "", "the reply is empty");
    const receipt = await turn.getByTestId("receipt").innerText();
    expect(/Cost\s+\$0\.\d*[1-9]/.test(receipt), `no cost below the reply, but: ${receipt}`);
    expect(/Total\s+[\d.]+ m?s/.test(receipt), `no latency below the reply, but: ${receipt}`);
    return receipt.replaceAll("\n", " ");
  });

  await report.step("the playground makes a new key when its own was revoked", async () => {
    await page.goto(`${base}/keys`);
    await page.getByRole("button", { name: "Actions for Playground" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByTestId("key-row").getByText("Revoked").nth(1).waitFor();
    await page.goto(`${base}/playground`);
    await page.getByRole("button", { name: "Send" }).click();
    await page.locator("[data-testid=turn][data-state=done]").waitFor();
  });

  if (market) await followMarket(report, page, base);
  else report.skip("the live book", `${base}/v1/market/exchanges answers 404, so there is no market lane here`);

  await judgePages(report, browser.context, base, market);

  await report.step("no script failed on the way", () => {
    expect(complaints.length === 0, complaints.join(" / "));
  });
} finally {
  await browser.close();
}
process.exitCode = report.end();
