import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContextOptions, Page } from "@playwright/test";
import { call, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";

const WIDTHS = [390, 1280, 2560];
const SCHEMES = ["light", "dark"] as const;

let workspaceId = "";
let planId = "";
test.beforeAll(async ({ host, browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  workspaceId = workspaceOf(page);
  const [plan] = await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId });
  planId = plan?.id ?? "";
  await context.close();
});

const places = () => ["board", "runs", "inbox", "agents", "operators", "reports/usage", `plans/${planId}`];

async function signedIn(
  browser: Parameters<typeof person>[0],
  host: Parameters<typeof ownerLink>[0],
  options: BrowserContextOptions = {},
) {
  return person(browser, await ownerLink(host), options);
}

/** Nothing sticks out sideways: the page itself never scrolls that way. */
async function expectFits(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, page.url()).toBeLessThanOrEqual(0);
}

for (const colorScheme of SCHEMES) {
  test(`every page is free of accessibility violations and fits the screen, in ${colorScheme}`, async ({
    browser,
    host,
  }) => {
    test.setTimeout(180_000);
    const { context, page } = await signedIn(browser, host, { colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const place of places()) {
        await page.goto(`${host.url}/w/${workspaceId}/${place}`);
        await expect(page.locator("h1").first()).toBeAttached();
        await expectFits(page);
        // From 1280 px on the page only gets more room: what the rules see is the same.
        const { violations } = width === 2560 ? { violations: [] } : await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => ({ id, place, width, at: nodes.map((node) => node.target) }))).toEqual(
          [],
        );
      }
    }
    await context.clearCookies();
    await page.goto(`${host.url}/sign-in`);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await context.close();
  });
}

test("pages show their data without JavaScript", async ({ browser, host }) => {
  const { context, page } = await signedIn(browser, host, { javaScriptEnabled: false });
  await page.goto(`${host.url}/w/${workspaceId}/board?older=1`);
  const plans = await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId });
  for (const plan of plans) await expect(page.getByText(plan.title).first()).toBeVisible();
  await page
    .getByText(plans[0]?.title ?? "")
    .first()
    .click();
  await expect(page.getByText(plans[0]?.title ?? "").first()).toBeVisible();
  for (const place of places()) {
    const response = await page.goto(`${host.url}/w/${workspaceId}/${place}`);
    expect(response?.status(), place).toBe(200);
  }
  await expect(page.getByText("Demo operator")).toHaveCount(0);
  await page.goto(`${host.url}/w/${workspaceId}/operators`);
  await expect(page.getByText("Demo operator").first()).toBeVisible();
  await context.close();
});

test("pages load nothing from elsewhere and break no rule of their policy", async ({ browser, host }) => {
  const { context, page } = await signedIn(browser, host);
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(host.url) && !request.url().startsWith("data:")) foreign.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  for (const place of places()) {
    const response = await page.goto(`${host.url}/w/${workspaceId}/${place}`);
    expect(response?.headers()["content-security-policy"]).toContain("'strict-dynamic'");
    await expect(page.locator("[data-connection]").first()).toHaveAttribute("data-connection", "live");
  }
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test("a page that does not exist, and one that may not be seen, say so in our words", async ({ browser, host }) => {
  const { context, page } = await signedIn(browser, host);
  for (const path of ["/w/unknown/board", `/w/${workspaceId}/plans/unknown`, "/nowhere"]) {
    const response = await page.goto(host.url + path);
    expect(response?.status(), path).toBe(404);
    await expect(page.locator("h1").first()).toBeVisible();
  }
  await context.close();
});

test("on a phone every place is at the bottom or behind More, by keyboard and without JavaScript too", async ({
  browser,
  host,
}) => {
  const phone = { viewport: { width: 390, height: 844 } };
  for (const javaScriptEnabled of [true, false]) {
    const { context, page } = await signedIn(browser, host, { ...phone, javaScriptEnabled });
    const bar = page.getByRole("navigation", { name: "Places" });
    for (const name of ["Dashboard", "Agents", "Operators"]) {
      const place = bar.getByRole("link", { name });
      await expect(place).toBeHidden();
      await bar.getByRole("button", { name: "More" }).focus();
      await page.keyboard.press("Enter");
      await expect(place).toBeVisible();
      if (javaScriptEnabled) expect((await new AxeBuilder({ page }).include("nav").analyze()).violations).toEqual([]);
      await page.keyboard.press("Tab");
      await expect(bar.getByRole("link", { name: "Dashboard" })).toBeFocused();
      await place.click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeAttached();
      await expect(place).toBeHidden();
    }
    await context.close();
  }
});
