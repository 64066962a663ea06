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
