import { expect, test } from "@playwright/test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startHost, type ProductHost } from "../support/host.ts";
import { call, expectLive, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { card, column } from "../support/shared-host.ts";
import { ask, cookieOf, expectState, readTurn } from "../support/turns.ts";

/** Two hosts on one PostgreSQL: the operator is connected to the first, people are on either. */
let database: TestDatabase | null = null;
let first: ProductHost;
let second: ProductHost;

test.beforeAll(async () => {
  database = await createDatabase();
  if (!database) return;
  const env = {
    DATABASE_URL: database.url,
    SIGNALBOX_SECRET: "a secret that both hosts of this test share, long enough",
    SIGNALBOX_DEMO_PACE_MS: "10",
  };
  first = await startHost({ env });
  second = await startHost({ env, demo: "0" });
});
test.afterAll(async () => {
  if (!database) return;
  await second.close();
  await first.close();
  await database.drop();
});
test.beforeEach(() => test.skip(database === null, "no PostgreSQL"));

test("a plan moved on one host moves on a board that the other serves", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(first));
  const other = await context.newPage();
  await other.goto(page.url().replace(first.url, second.url));
  await expectLive(other);
  await call(page.request, first, "plan.create", { workspaceId: workspaceOf(page), title: "Across hosts" }, "mutation");
  await expect(card(column(other, "Draft"), "Across hosts")).toBeVisible();
  await card(page, "Across hosts").getByRole("button", { name: /move/i }).click();
  await page.getByRole("menuitem", { name: "In progress" }).click();
  await expect(card(column(other, "In progress"), "Across hosts")).toBeVisible();
  await context.close();
});

test("a turn is watched on one host while its operator is on the other, which is killed and comes back", async ({
  browser,
}) => {
  const { context, page } = await person(browser, await ownerLink(first));
  const workspaceId = workspaceOf(page);
  await expect
    .poll(async () =>
      (await call<{ status: string }[]>(page.request, first, "operator.list", { workspaceId })).map(
        (one) => one.status,
      ),
    )
    .toContain("online");
  await page.goto(`${second.url}/w/${workspaceId}/board`);
  const { turn, turnId } = await ask(page, second, "Cross two hosts, write 400 words");
  await expect.poll(async () => (await first.spool(turnId).catch(() => [])).length).toBeGreaterThan(40);
  await first.kill();
  const atKill = (await first.spool(turnId)).length;
  await expect.poll(async () => (await first.spool(turnId)).length).toBeGreaterThan(atKill);
  await first.start();
  await expectState(turn, "completed");
  const read = await readTurn(second, await cookieOf(page), turnId);
  expect(read.entries).toEqual(await first.spool(turnId));
  expect((await call<PlanRow[]>(page.request, second, "plan.list", { workspaceId })).length).toBeGreaterThan(0);
  await context.close();
});

test("a tile of a panel that this version does not know is told as such, and replaced or removed by keyboard", async ({
  browser,
}) => {
  const { context, page } = await person(browser, await ownerLink(first));
  const tiles = page.getByRole("list", { name: "Tiles" }).locator("> li");
  const focused = page.locator(":focus");
  // As a newer version left them, before this one was put back.
  await database?.run("update dashboard_tile set panel_id = 'weather' where panel_id = 'velocity'");
  await database?.run("update dashboard_tile set panel_id = 'tides' where panel_id = 'scorecard'");
  await page.goto(`${first.url}/w/${workspaceOf(page)}/dashboard`);
  await expectLive(page);
  const count = await tiles.count();
  const place = tiles.filter({ hasText: "This version knows no panel “weather”" });
  await expect(place).toBeVisible();
  const index = (await tiles.allInnerTexts()).findIndex((text) => text.includes("“weather”"));

  await place.getByRole("button", { name: /^Move weather/ }).focus();
  for (const name of ["weather: move or remove", "Put another panel here"]) {
    await page.keyboard.press("Tab");
    await expect(focused).toHaveAccessibleName(name);
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await page.keyboard.press("End");
  const picked = await focused.locator("span span").first().innerText();
  await page.keyboard.press("Enter");
  await expect(tiles.nth(index).getByRole("heading", { level: 2 })).toHaveText(picked);
  await expect(place).toBeHidden();
  await expect(tiles).toHaveCount(count);
  await expect(focused).toHaveAccessibleName(`Move ${picked}: arrow keys, or drag`);

  await page.getByRole("button", { name: "tides: move or remove" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menu")).toBeVisible();
  await page.keyboard.press("End");
  await expect(focused).toHaveAccessibleName("Remove");
  await page.keyboard.press("Enter");
  await expect(tiles).toHaveCount(count - 1);
  await expect(page.getByText("“tides”")).toHaveCount(0);
  // The work goes on beside where the tile was, not at the top of the page.
  await expect(focused).toHaveAccessibleName(/^Move /);
  await page.reload();
  await expect(tiles).toHaveCount(count - 1);
  await expect(tiles.nth(index).getByRole("heading", { level: 2 })).toHaveText(picked);
  await context.close();
});
