import { call, expectLive, memberLink, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { card, column, expect, test } from "../support/shared-host.ts";
import { openStreams } from "../support/tabs.ts";

test("a plan moved in one tab moves in the other, and both still show it so after a reload", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const other = await context.newPage();
  await other.goto(page.url());
  const workspaceId = workspaceOf(page);
  const plan = await call<PlanRow>(page.request, host, "plan.create", { workspaceId, title: "Two tabs" }, "mutation");
  await expect(card(column(page, "Draft"), "Two tabs")).toBeVisible();
  await expect(card(column(other, "Draft"), "Two tabs")).toBeVisible();

  await card(page, "Two tabs").getByRole("button", { name: /move/i }).click();
  await page.getByRole("menuitem", { name: "In progress" }).click();
  await expect(card(column(other, "In progress"), "Two tabs")).toBeVisible();
  await expect(card(column(other, "Draft"), "Two tabs")).toHaveCount(0);
  await other.reload();
  await expect(card(column(other, "In progress"), "Two tabs")).toBeVisible();
  expect((await call<PlanRow>(page.request, host, "plan.get", { id: plan.id })).status).toBe("in-progress");
  await context.close();
});

test("one member's move reorders another member's board by one read of that plan", async ({ browser, host }) => {
  const owner = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(owner.page);
  const member = await person(browser, await memberLink(host, workspaceId, "member@demo.signalbox.local"));
  await call(owner.page.request, host, "plan.create", { workspaceId, title: "Seen by both" }, "mutation");
  await expect(card(column(member.page, "Draft"), "Seen by both")).toBeVisible();

  const reads: string[] = [];
  member.page.on("request", (request) => {
    if (request.url().includes("/api/trpc/")) reads.push(new URL(request.url()).pathname.replace("/api/trpc/", ""));
  });
  await card(owner.page, "Seen by both").getByRole("button", { name: /move/i }).click();
  await owner.page.getByRole("menuitem", { name: "In progress" }).click();
  await expect(card(column(member.page, "In progress"), "Seen by both")).toBeVisible();
  expect(reads).toEqual(["plan.get"]);
  await owner.context.close();
  await member.context.close();
});

test("a card is dragged by pointer to another column", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  await call(page.request, host, "plan.create", { workspaceId: workspaceOf(page), title: "Dragged" }, "mutation");
  const dragged = card(page, "Dragged");
  await dragged.dragTo(column(page, "In progress").getByRole("list"));
  await expect(card(column(page, "In progress"), "Dragged")).toBeVisible();
  await page.reload();
  await expect(card(column(page, "In progress"), "Dragged")).toBeVisible();
  await context.close();
});

test("a card is moved by keyboard, between columns and within one, and each move is announced", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await call(page.request, host, "plan.create", { workspaceId, title: "By keys" }, "mutation");
  const own = card(page, "By keys");
  await expect(own).toBeVisible();
  await own.getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowRight");
  await expect(card(column(page, "In progress"), "By keys")).toBeVisible();
  await expect(page.locator("p[aria-live=assertive]")).toContainText(/In progress/);
  await expect(card(page, "By keys").getByRole("link")).toBeFocused();

  const inOrder = async () =>
    (await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId }))
      .filter((row) => row.status === "in-progress")
      .map((row) => row.title);
  await expect.poll(inOrder).toContain("By keys");
  const before = (await inOrder()).indexOf("By keys");
  const key = before === 0 ? "Alt+ArrowDown" : "Alt+ArrowUp";
  await page.keyboard.press(key);
  await expect.poll(async () => (await inOrder()).indexOf("By keys")).toBe(before === 0 ? 1 : before - 1);
  await expect(
    column(page, "In progress")
      .locator("li[data-plan-id]")
      .nth(before === 0 ? 1 : before - 1),
  ).toContainText("By keys");
  await context.close();
});

test("a move that somebody else made impossible is taken back and says what is possible", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const plan = await call<PlanRow>(
    page.request,
    host,
    "plan.create",
    { workspaceId, title: "Raced", status: "in-review" },
    "mutation",
  );
  await expect(card(column(page, "In review"), "Raced")).toBeVisible();
  // The answer of this move is held back, so that the page still shows the old status when the person acts.
  await page.route("**/__/events**", (route) => route.abort());
  await page.reload();
  await call(page.request, host, "plan.move", { id: plan.id, status: "complete" }, "mutation");
  await card(page, "Raced").getByRole("button", { name: /move/i }).click();
  await page.getByRole("menuitem", { name: "Cancelled" }).click();
  await expect(page.getByText(/In progress/).last()).toBeVisible();
  await expect(card(column(page, "Cancelled"), "Raced")).toHaveCount(0);
  expect((await call<PlanRow>(page.request, host, "plan.get", { id: plan.id })).status).toBe("complete");
  await context.close();
});

test("while the stream is up nothing polls, and a page holds one connection", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  await expectLive(page);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await expect.poll(() => openStreams(host, "events")).toBe(1);
  // A change made elsewhere arrives, and is the only thing that made requests.
  await call(page.request, host, "plan.create", { workspaceId: workspaceOf(page), title: "Not polled" }, "mutation");
  await expect(card(page, "Not polled")).toBeVisible();
  expect(requests.filter((url) => !url.includes("plan."))).toEqual([]);
  expect(await openStreams(host, "events")).toBe(1);
  await context.close();
});
