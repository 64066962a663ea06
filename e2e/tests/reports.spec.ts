import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { call, expectLive, memberLink, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";

const PANELS = ["sprint-health", "estimate-accuracy", "scorecard", "explore", "initiatives", "burndown", "velocity"];
const TABLED = ["estimate-accuracy", "burndown", "velocity"];

interface Answer {
  asOf: string;
  data: Record<string, unknown>;
}
interface Dashboard {
  tiles: { id: string; panelId: string }[];
}

const panel = (page: Page, id: string) => page.locator(`[data-panel="${id}"]`);
const tiles = (page: Page) => page.getByRole("list", { name: "Tiles" }).locator("> li");

async function tileTitles(page: Page): Promise<string[]> {
  return (await tiles(page).getByRole("heading", { level: 2 }).allTextContents()).map((title) => title.trim());
}

/** Notes which panels a page reads, from now on. */
function watchReads(page: Page): string[] {
  const reads: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!url.pathname.includes("report.read")) return;
    reads.push(
      ...[...(url.searchParams.get("input") ?? "").matchAll(/"panelId":"([a-z-]+)"/g)].map(([, id]) => id ?? ""),
    );
  });
  return reads;
}

test("a live report follows another person's move, and a daily one does not", async ({ browser, host }) => {
  const owner = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(owner.page);
  const [sprint] = await call<{ id: string }[]>(owner.page.request, host, "sprint.list", { workspaceId });
  const made = { workspaceId, title: "Counted", estimate: 2, sprintId: sprint?.id };
  const plan = await call<PlanRow>(owner.page.request, host, "plan.create", made, "mutation");

  const { page } = owner;
  const daily = await owner.context.newPage();
  await page.goto(`${host.url}/w/${workspaceId}/reports/sprint-health`);
  await daily.goto(`${host.url}/w/${workspaceId}/reports/burndown`);
  await expectLive(page);
  await expectLive(daily);
  const dailyReads = watchReads(daily);
  const before = await call<Answer>(page.request, host, "report.read", { workspaceId, panelId: "burndown" });

  const inProgress = panel(page, "sprint-health").getByRole("row", { name: /In progress/ });
  await expect(inProgress).toContainText("2");
  const member = await person(browser, await memberLink(host, workspaceId, "member@demo.signalbox.local"));
  await call(member.page.request, host, "plan.move", { id: plan.id, status: "in-progress" }, "mutation");
  await expect(inProgress).toContainText("3");

  await expect(panel(daily, "burndown").locator("[data-freshness]")).toContainText("Updated daily, captured");
  expect(dailyReads).toEqual([]);
  expect(await call<Answer>(page.request, host, "report.read", { workspaceId, panelId: "burndown" })).toEqual(before);
  await call(page.request, host, "plan.remove", { id: plan.id }, "mutation");
  await owner.context.close();
  await member.context.close();
});

test("parameters stand in the address: changed, gone back from, reloaded and sent", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await page.goto(`${host.url}/w/${workspaceId}/reports/explore`);
  await expectLive(page);
  await page.getByLabel("Group by").selectOption("sprint");
  await expect(panel(page, "explore").getByRole("row", { name: /Sprint 4/ })).toBeVisible();
  await page.getByLabel("Measure").selectOption("points");
  await expect(page).toHaveURL(/groupBy=sprint&measure=points/);
  const shown = await panel(page, "explore").getByRole("table").innerText();
  await page.reload();
  await expect(panel(page, "explore").getByRole("row", { name: /Sprint 4/ })).toBeVisible();
  expect(await panel(page, "explore").getByRole("table").innerText()).toBe(shown);
  await page.goBack();
  await expect(page.getByLabel("Measure")).toHaveValue("");
  await page.goBack();
  await expect(panel(page, "explore").getByRole("row", { name: /In progress/ })).toBeVisible();
  await context.close();
});

test("a wrong period, filter or panel is refused by its name", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const refused = async (input: object) => {
    const query = encodeURIComponent(JSON.stringify({ json: { workspaceId, ...input } }));
    const response = await page.request.get(`${host.url}/api/trpc/report.read?input=${query}`);
    expect(response.status(), JSON.stringify(input)).toBe(400);
    return response.text();
  };
  expect(await refused({ panelId: "scorecard", params: { period: "2y" } })).toContain("params.period");
  expect(await refused({ panelId: "explore", params: { colour: "red" } })).toContain("params.colour");
  expect(await refused({ panelId: "explore", params: { sprintId: "unknown" } })).toContain("params.sprintId");
  expect(await refused({ panelId: "velocity", params: { sprints: 0 } })).toContain("params.sprints");
  expect(await refused({ panelId: "weather" })).toContain("panelId");

  await page.goto(`${host.url}/w/${workspaceId}/reports/scorecard?period=2y`);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("“2y” is not a period");
  await page.getByRole("link", { name: "Show it as usual" }).click();
  await expect(panel(page, "scorecard").getByRole("row", { name: /Demo Member/ })).toBeVisible();
  await page.goto(`${host.url}/w/${workspaceId}/reports/explore?sprintId=unknown`);
  await expect(page.getByRole("main").getByRole("alert")).toContainText("is not in this workspace");
  const response = await page.goto(`${host.url}/w/${workspaceId}/reports/weather`);
  expect(response?.status()).toBe(404);
  await context.close();
});

test("a panel that is cut off keeps its numbers and says that they are not current", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await page.goto(`${host.url}/w/${workspaceId}/reports/sprint-health`);
  await expectLive(page);
  await expect(panel(page, "sprint-health").locator("[data-freshness=live]")).toContainText("as of");
  await context.setOffline(true);
  await expect(panel(page, "sprint-health").locator("[data-freshness=stale]")).toContainText("Not current");
  await expect(panel(page, "sprint-health").locator("[data-verdict]")).toBeVisible();
  await context.setOffline(false);
  await expect(panel(page, "sprint-health").locator("[data-freshness=live]")).toBeVisible({ timeout: 30_000 });
  await context.close();
});

test("tiles are added, moved by keyboard and by pointer, and removed, and another viewer sees it", async ({
  browser,
  host,
}) => {
  const { id: workspaceId } = await host.signalbox("workspace", "create", "--name", "Wall");
  const owner = await person(browser, await memberLink(host, workspaceId ?? "", "wall@example.com", "owner"));
  const viewer = await person(browser, await memberLink(host, workspaceId ?? "", "looks@example.com", "viewer"));
  const address = `${host.url}/w/${workspaceId}/dashboard`;
  await owner.page.goto(address);
  await viewer.page.goto(address);
  await expectLive(viewer.page);
  await expect(owner.page.getByText("Nothing on the dashboard yet")).toBeVisible();
  await expect(viewer.page.getByRole("button", { name: "Add a tile" })).toHaveCount(0);

  for (const name of [/^Sprint health/, /^Velocity/, /^Explore/]) {
    await owner.page.getByRole("button", { name: "Add a tile" }).click();
    await owner.page.getByRole("menuitem", { name }).click();
  }
  await expect.poll(() => tileTitles(viewer.page)).toEqual(["Sprint health", "Velocity", "Explore"]);

  const handle = owner.page.getByRole("button", { name: /^Move Explore/ });
  await handle.focus();
  await owner.page.keyboard.press("ArrowLeft");
  await expect.poll(() => tileTitles(viewer.page)).toEqual(["Sprint health", "Explore", "Velocity"]);
  await expect(handle).toBeFocused();
  await expect(owner.page.locator("p[aria-live=polite]").filter({ hasText: "place 2 of 3" })).toHaveCount(1);

  await owner.page
    .getByRole("button", { name: /^Move Velocity/ })
    .dragTo(tiles(owner.page).first(), { targetPosition: { x: 12, y: 60 } });
  await expect.poll(() => tileTitles(viewer.page)).toEqual(["Velocity", "Sprint health", "Explore"]);

  await owner.page.getByRole("button", { name: "Sprint health: move or remove" }).click();
  await owner.page.getByRole("menuitem", { name: "Remove" }).click();
  await expect.poll(() => tileTitles(viewer.page)).toEqual(["Velocity", "Explore"]);
  await owner.page.reload();
  expect(await tileTitles(owner.page)).toEqual(["Velocity", "Explore"]);
  await owner.context.close();
  await viewer.context.close();
});

test("a report goes onto the dashboard with its parameters", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const ids = async () =>
    (await call<Dashboard>(page.request, host, "dashboard.get", { workspaceId })).tiles.map(({ id }) => id);
  const before = await ids();
  await page.goto(`${host.url}/w/${workspaceId}/reports/explore?groupBy=assignee&status=in-progress`);
  await page.getByRole("button", { name: "Add to dashboard" }).click();
  await expect(page.getByText("It is on the dashboard")).toBeVisible();
  await page.getByRole("link", { name: "Open it" }).click();
  await expect(tiles(page)).toHaveCount(before.length + 1);
  await expect(
    tiles(page)
      .last()
      .getByRole("row", { name: /Demo Owner/ }),
  ).toBeVisible();
  await expect(tiles(page).last().getByRole("link", { name: "Explore" })).toHaveAttribute(
    "href",
    /\?(groupBy=assignee&status=in-progress|status=in-progress&groupBy=assignee)$/,
  );
  for (const tileId of (await ids()).filter((id) => !before.includes(id))) {
    await call(page.request, host, "dashboard.removeTile", { workspaceId, tileId }, "mutation");
  }
  await expect(tiles(page)).toHaveCount(before.length);
  await context.close();
});

test("a wall display shows the tiles alone, stays live, and can be left", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host), { viewport: { width: 1920, height: 1080 } });
  const workspaceId = workspaceOf(page);
  await page.goto(`${host.url}/w/${workspaceId}/dashboard?display=wall`);
  await expect(tiles(page).first()).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Places" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^Move / })).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.target) }))).toEqual([]);
  const other = await call<Dashboard>(
    page.request,
    host,
    "dashboard.addTile",
    { workspaceId, panelId: "scorecard" },
    "mutation",
  );
  await expect(tiles(page)).toHaveCount(other.tiles.length);
  const added = other.tiles.at(-1);
  await call(page.request, host, "dashboard.removeTile", { workspaceId, tileId: added?.id }, "mutation");
  await page.getByRole("link", { name: "Leave the wall display" }).click();
  await expect(page.getByRole("navigation", { name: "Places" }).first()).toBeVisible();
  await context.close();
});

test("every report shows its data without JavaScript, charts as their table", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host), { javaScriptEnabled: false });
  const workspaceId = workspaceOf(page);
  for (const id of PANELS) {
    await page.goto(`${host.url}/w/${workspaceId}/reports/${id}`);
    await expect(panel(page, id).getByRole("table").first()).toBeVisible();
    await expect(panel(page, id).locator("[data-freshness]")).toBeVisible();
    if (!TABLED.includes(id)) continue;
    const box = await panel(page, id).getByRole("table").boundingBox();
    expect(box?.height, id).toBeGreaterThan(60);
  }
  await page.goto(`${host.url}/w/${workspaceId}/reports/scorecard`);
  await page.getByLabel("Completed in the last").selectOption("90d");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/period=90d/);
  await page.goto(`${host.url}/w/${workspaceId}/dashboard`);
  await expect(tiles(page).first().getByRole("table").first()).toBeVisible();
  await context.close();
});

test("days are captured by command, once each, and a missed one is told", async ({ browser, host }) => {
  // Nine commands, each a process of its own.
  test.setTimeout(180_000);
  const { id } = await host.signalbox("workspace", "create", "--name", "Captured");
  const workspaceId = id ?? "";
  const { context, page } = await person(browser, await memberLink(host, workspaceId, "daily@example.com", "owner"));
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const sprint = { workspaceId, name: "Short", startsOn: day(-3), endsOn: day(2) };
  const { id: sprintId } = await call<{ id: string }>(page.request, host, "sprint.create", sprint, "mutation");
  await call(page.request, host, "plan.create", { workspaceId, title: "P", estimate: 5, sprintId }, "mutation");

  const capture = (date: string) => host.signalbox("snapshot", "--date", date, "--workspace", workspaceId);
  for (const offset of [-3, -1, 0]) expect((await capture(day(offset))).captured).toEqual([workspaceId]);
  expect((await capture(day(0))).alreadyCaptured).toEqual([workspaceId]);
  await call(page.request, host, "plan.create", { workspaceId, title: "Q", estimate: 3, sprintId }, "mutation");
  await capture(day(0));
  await expect(capture(day(1))).rejects.toThrow(/has not begun/);
  await expect(capture("yesterday")).rejects.toThrow(/date/);

  await page.goto(`${host.url}/w/${workspaceId}/reports/burndown`);
  await expect(panel(page, "burndown")).toContainText("One day was not captured");
  await page.getByRole("button", { name: "Table" }).click();
  const rows = await panel(page, "burndown").getByRole("row").allInnerTexts();
  expect(rows.slice(1).map((row) => row.split("\t")[1])).toEqual(["0", "not captured", "0", "5", "–", "–"]);
  await context.close();
});

test("reports, dashboard and wall break no rule of accessibility or of their policy, and fit the screen", async ({
  browser,
  host,
}) => {
  test.setTimeout(360_000);
  for (const colorScheme of ["light", "dark"] as const) {
    const { context, page } = await person(browser, await ownerLink(host), { colorScheme });
    const workspaceId = workspaceOf(page);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    const places = ["reports", ...PANELS.map((id) => `reports/${id}`), "dashboard", "dashboard?display=wall"];
    for (const width of colorScheme === "light" ? [390, 1280, 2560] : [1280]) {
      await page.setViewportSize({ width, height: 900 });
      for (const place of places) {
        await page.goto(`${host.url}/w/${workspaceId}/${place}`);
        await expectLive(page);
        // From 1280 px on the page only gets more room: what the rules see is the same.
        const { violations } = width === 2560 ? { violations: [] } : await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => ({ id, place, width, at: nodes.map((node) => node.target) }))).toEqual(
          [],
        );
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${place} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
    expect(complaints).toEqual([]);
    await context.close();
  }
});
