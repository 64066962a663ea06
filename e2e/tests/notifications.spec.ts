import type { Page } from "@playwright/test";
import { call, expectLive, memberLink, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";
import type { ProductHost } from "../support/host.ts";

interface NotificationRow {
  title: string;
  says: string;
}

const bell = (page: Page) => page.getByRole("button", { name: /^Notifications/ });
const row = (page: Page, title: string) => page.locator("li[data-notification]").filter({ hasText: title });
const unread = (page: Page) => page.locator('li[data-notification="unread"]');

/** A member with two tabs, who is told of nothing yet, and the owner who makes things happen. */
async function team(browser: Parameters<typeof person>[0], host: ProductHost, email: string) {
  const owner = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(owner.page);
  const member = await person(browser, await memberLink(host, workspaceId, email));
  const members = await call<{ id: string; email: string }[]>(owner.page.request, host, "member.list", { workspaceId });
  const memberId = members.find((one) => one.email === email)?.id;
  if (!memberId) throw new Error("No such member.");
  const second = await member.context.newPage();
  await second.goto(`${host.url}/w/${workspaceId}/board`);
  const tabs = [member.page, second] as const;
  for (const tab of tabs) await expectLive(tab);
  const assign = (title: string) =>
    call<PlanRow>(owner.page.request, host, "plan.create", { workspaceId, title, assigneeId: memberId }, "mutation");
  return { workspaceId, tabs, member, assign, inbox: `${host.url}/w/${workspaceId}/inbox`, owner };
}

test("two tabs of one person count alike, and what is seen or read in one is so in the other", async ({
  browser,
  host,
}) => {
  const { tabs, assign, inbox, member, owner } = await team(browser, host, "tabs@example.com");
  const [first, second] = tabs;
  for (const tab of tabs) await expect(bell(tab)).toHaveAccessibleName("Notifications");
  const plan = await assign("Told twice");
  await assign("Told again");
  for (const tab of tabs) await expect(bell(tab)).toHaveAccessibleName("Notifications, 2 unseen");

  // A look in one tab is a look in both; nothing is read by it.
  await bell(first).click();
  for (const tab of tabs) await expect(bell(tab)).toHaveAccessibleName("Notifications");
  await expect(unread(first)).toHaveCount(2);
  await second.goto(inbox);
  await expect(unread(second)).toHaveCount(2);
  await expect(second.getByText("2 unread")).toBeVisible();

  await row(first, "Told twice").getByRole("link").click();
  await first.waitForURL(new RegExp(`/plans/${plan.id}`));
  await expect(second.getByText("1 unread")).toBeVisible();
  await expect(row(second, "Told twice")).toHaveAttribute("data-notification", "read");
  await expect(row(second, "Told again")).toHaveAttribute("data-notification", "unread");

  await bell(first).click();
  await expect(unread(first)).toHaveCount(1);
  await second.getByRole("button", { name: "Mark all as read" }).click();
  await expect(unread(first)).toHaveCount(0);
  await expect(second.getByText("All read")).toBeVisible();
  await member.context.close();
  await owner.context.close();
});

test("a category that is switched off makes no notification, in all tabs, until it is on again", async ({
  browser,
  host,
}) => {
  const { workspaceId, tabs, assign, inbox, member, owner } = await team(browser, host, "muted@example.com");
  const [first, second] = tabs;
  for (const tab of tabs) await tab.goto(inbox);
  for (const tab of tabs) await expectLive(tab);
  const wanted = (tab: Page) => tab.getByRole("switch", { name: "Plans" });
  for (const tab of tabs) await expect(wanted(tab)).toBeChecked();
  await wanted(first).focus();
  await first.keyboard.press("Space");
  for (const tab of tabs) await expect(wanted(tab)).not.toBeChecked();

  await assign("Unheard");
  await wanted(second).click();
  for (const tab of tabs) await expect(wanted(tab)).toBeChecked();
  await assign("Heard");
  for (const tab of tabs) await expect(row(tab, "Heard")).toBeVisible();
  for (const tab of tabs) await expect(row(tab, "Unheard")).toHaveCount(0);
  const { items } = await call<{ items: NotificationRow[] }>(first.request, host, "notification.list", { workspaceId });
  expect(items).toMatchObject([{ title: "Heard", says: "Assigned to you" }]);
  await member.context.close();
  await owner.context.close();
});

test("without JavaScript the inbox shows what one was told, and what one is told of", async ({ browser, host }) => {
  const { member, assign, inbox, owner } = await team(browser, host, "plain@example.com");
  await assign("Told plainly");
  const plain = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await member.context.storageState(),
  });
  const page = await plain.newPage();
  await page.goto(inbox);
  await expect(row(page, "Told plainly")).toContainText("Assigned to you");
  await expect(row(page, "Told plainly")).toHaveAttribute("data-notification", "unread");
  for (const name of ["Plans", "Runs", "Questions", "System"]) {
    await expect(page.getByRole("switch", { name })).toBeChecked();
  }
  await plain.close();
  await member.context.close();
  await owner.context.close();
});
