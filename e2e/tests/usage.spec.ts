import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProductHost } from "../support/host.ts";
import { expect, test } from "../support/model-host.ts";
import { call, expectLive, memberLink, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";

const banner = (page: Page) => page.locator("[data-rate-limits]");
const panel = (page: Page) => page.locator('[data-panel="usage"]');

/** A turn of the built-in agent from its start to its end. */
async function runTurn(page: Page, host: ProductHost): Promise<{ outcome: string | null }> {
  const workspaceId = workspaceOf(page);
  const made = { workspaceId, title: "Uses a model" };
  const plan = await call<PlanRow>(page.request, host, "plan.create", made, "mutation");
  const chat = await call<{ id: string }>(page.request, host, "chat.create", { planId: plan.id }, "mutation");
  const turn = { chatId: chat.id, prompt: "Do it" };
  const { turnId } = await call<{ turnId: string }>(page.request, host, "turn.start", turn, "mutation");
  let read: { status: string; outcome: string | null } = { status: "queued", outcome: null };
  await expect
    .poll(
      async () => {
        read = await call(page.request, host, "turn.get", { turnId });
        return read.status;
      },
      { timeout: 60_000 },
    )
    .toMatch(/completed|failed/);
  return read;
}

test("a provider's limit is said in every tab and to everybody, and is taken back when it is lifted", async ({
  browser,
  host,
  provider,
}) => {
  const owner = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(owner.page);
  const second = await owner.context.newPage();
  await second.goto(`${host.url}/w/${workspaceId}/reports`);
  const member = await person(browser, await memberLink(host, workspaceId, "member@demo.signalbox.local"));
  const pages = [owner.page, second, member.page];
  for (const page of pages) {
    await expectLive(page);
    await expect(banner(page)).toHaveCount(0);
  }

  provider.limitSeconds = 3_600;
  expect(await runTurn(owner.page, host)).toMatchObject({ status: "failed" });
  for (const page of pages) {
    await expect(banner(page)).toContainText(`${provider.name} limits requests to test-model until`);
  }
  const { violations } = await new AxeBuilder({ page: second }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.target) }))).toEqual([]);
  // A tab that is opened meanwhile has it from the server, without JavaScript too.
  const state = await owner.context.storageState();
  const bare = await browser.newContext({ javaScriptEnabled: false, storageState: state });
  const plain = await bare.newPage();
  await plain.goto(`${host.url}/w/${workspaceId}/board`);
  await expect(banner(plain)).toContainText("limits requests to test-model until");

  provider.limitSeconds = null;
  expect(await runTurn(owner.page, host)).toMatchObject({ status: "completed" });
  for (const page of pages) await expect(banner(page)).toHaveCount(0);
  for (const { context } of [owner, member]) await context.close();
  await bare.close();
});

test("without a stream limits are polled with their tag, and no longer once it is back", async ({
  browser,
  host,
  provider,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await page.goto(`${host.url}/w/${workspaceId}/reports/usage`);
  await expectLive(page);
  const polled: { path: string; status: number; hadTag: boolean }[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (pathname !== "/api/system/rate-limits" && pathname !== "/api/usage/summary") return;
    const hadTag = response.request().headers()["if-none-match"] !== undefined;
    polled.push({ path: pathname, status: response.status(), hadTag });
  });
  await page.route("**/__/events**", (route) => route.fulfill({ status: 503, headers: { "retry-after": "1" } }));
  // What polled signals would bring must not be what moves it.
  await page.route("**/api/poll/signals**", (route) => route.fulfill({ status: 503 }));
  await page.reload();
  const badge = page.locator("[data-connection]").first();
  await expect(badge).toHaveAttribute("data-connection", "polling", { timeout: 30_000 });
  for (const path of ["/api/system/rate-limits", "/api/usage/summary"]) {
    await expect
      .poll(() => polled.some((one) => one.path === path && one.status === 304 && one.hadTag), { timeout: 30_000 })
      .toBe(true);
  }

  provider.limitSeconds = 3_600;
  await runTurn(page, host);
  await expect(banner(page)).toContainText("limits requests to test-model", { timeout: 30_000 });
  provider.limitSeconds = null;
  await runTurn(page, host);
  await expect(banner(page)).toHaveCount(0, { timeout: 30_000 });

  await page.unroute("**/__/events**");
  await page.unroute("**/api/poll/signals**");
  await expectLive(page);
  const before = polled.length;
  // A poll would have come within five seconds of the stream: three whole changes of the record fit into more.
  for (let turns = 0; turns < 3; turns += 1) await runTurn(page, host);
  expect(polled.length).toBe(before);
  await context.close();
});

test("what a turn used is in the panel when it is counted, priced by the file as it stands", async ({
  browser,
  host,
}) => {
  const { id: workspaceId } = await host.signalbox("workspace", "create", "--name", "Costs");
  const { token } = await host.signalbox("operator", "enroll", "--workspace", workspaceId ?? "", "--name", "None");
  expect(token).toMatch(/^sbx_op_/);
  const empty = await person(browser, await memberLink(host, workspaceId ?? "", "costs@example.com", "owner"));
  await empty.page.goto(`${host.url}/w/${workspaceId}/reports/usage`);
  await expect(panel(empty.page)).toContainText("No agent has used a model in the last 24 hours");
  await empty.context.close();

  const { context, page } = await person(browser, await ownerLink(host));
  await page.goto(`${host.url}/w/${workspaceOf(page)}/reports/usage`);
  await expectLive(page);
  await runTurn(page, host);
  const model = panel(page)
    .getByRole("region", { name: "Usage by model" })
    .getByRole("row", { name: /^test-model/ });
  await expect(model).toContainText("unpriced");
  await expect(panel(page)).toContainText("Prices stand in prices.json");

  const prices = (text: string) => writeFile(join(host.dataDir, "prices.json"), text);
  await prices('{"models": {"test-*": {"input": "1000", "output": "5000"}}}');
  const summary = async (query: string, headers: Record<string, string> = {}) =>
    page.request.get(`${host.url}/api/usage/summary?${query}`, { headers });
  const turnsOf = async () =>
    ((await (await summary("period=24h")).json()) as { total: { turns: number; cost: string } }).total;
  const before = await turnsOf();
  // A turn is 1,000 × 0.001 + 200 × 0.005 dollars.
  expect(before.cost).toBe(`${before.turns * 2}.000000`);
  await runTurn(page, host);
  await expect(model).toContainText(`$${(before.turns + 1) * 2}.00`);
  const people = panel(page).getByRole("region", { name: "Usage by person" });
  await expect(people.getByRole("row", { name: /Demo Owner/ })).toContainText(`$${(before.turns + 1) * 2}.00`);

  for (const period of ["24h", "7d", "30d"]) {
    const first = await summary(`period=${period}`);
    expect(first.status()).toBe(200);
    const etag = first.headers()["etag"] ?? "";
    expect((await summary(`period=${period}`, { "if-none-match": etag })).status()).toBe(304);
  }
  const wrong = await summary("period=2y");
  expect([wrong.status(), await wrong.text()]).toEqual([
    400,
    expect.stringContaining('period \\"2y\\" is none of 24h'),
  ]);

  await prices("{ broken");
  await runTurn(page, host);
  await expect(panel(page).getByRole("alert")).toContainText("prices.json: it is not JSON");
  await expect(model).toContainText(`$${(before.turns + 2) * 2}.00`);
  await context.close();
});

test("the panel breaks no rule of accessibility, fits the screen, and is a table without JavaScript", async ({
  browser,
  host,
}) => {
  test.setTimeout(180_000);
  for (const colorScheme of ["light", "dark"] as const) {
    const { context, page } = await person(browser, await ownerLink(host), { colorScheme });
    const workspaceId = workspaceOf(page);
    await runTurn(page, host);
    for (const width of [390, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${host.url}/w/${workspaceId}/reports/usage?period=7d`);
      await expectLive(page);
      await expect(panel(page).getByRole("region", { name: "Usage by model" })).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => ({ id, width, at: nodes.map((node) => node.target) }))).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    }
    await context.close();
  }
  const { context, page } = await person(browser, await ownerLink(host), { javaScriptEnabled: false });
  await page.goto(`${host.url}/w/${workspaceOf(page)}/reports/usage`);
  await expect(panel(page).getByRole("row", { name: /^test-model/ })).toBeVisible();
  const bars = panel(page).getByRole("table", { name: "Tokens per hour" });
  expect((await bars.boundingBox())?.height).toBeGreaterThan(60);
  await page.getByLabel("In the last").selectOption("30d");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/period=30d/);
  await expect(panel(page).getByRole("table", { name: "Tokens per day" })).toBeVisible();
  await context.close();
});
