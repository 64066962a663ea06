import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "../support/shared-host.ts";
import { ownerLink, person } from "../support/people.ts";

const PAGES = ["", "/signals", "/turn-entries", "/frames", "/operator-protocol", "/panels", "/constants", "/errors"];

for (const colorScheme of ["light", "dark"] as const) {
  test(`the reference is open to whoever reaches the host, fits every screen and has no violation, in ${colorScheme}`, async ({
    browser,
    host,
  }) => {
    test.setTimeout(180_000);
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    for (const path of PAGES) {
      const response = await page.goto(`${host.url}/reference${path}`);
      expect(response?.status(), path).toBe(200);
      for (const width of [2560, 1280, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
      await page.setViewportSize({ width: colorScheme === "light" ? 1280 : 390, height: 900 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => ({ id, path, at: nodes.map((node) => node.target) }))).toEqual([]);
    }
    await context.close();
  });
}

test("the reference is found through without JavaScript", async ({ browser, host }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${host.url}/reference/signals`);
  await expect(page.getByRole("heading", { name: "plan.status-changed" })).toBeVisible();
  await expect(page.getByText("packages/server/src/work/plans.ts").first()).toBeVisible();
  await page.getByRole("searchbox").fill("heartbeat");
  await page.getByRole("button", { name: "Search" }).click();
  await page
    .getByRole("list", { name: "Results" })
    .getByRole("link", { name: /HEARTBEAT_MS/ })
    .click();
  await expect(page).toHaveURL(/\/reference\/constants#HEARTBEAT_MS$/);
  await expect(page.locator("#HEARTBEAT_MS")).toBeInViewport();
  await context.close();
});

test("the reference is searched as one types, and everything in it can be linked", async ({ page, host }) => {
  await page.goto(`${host.url}/reference`);
  await page.getByRole("searchbox").pressSequentially("plan moved");
  const results = page.getByRole("list", { name: "Results" });
  await expect(results.getByRole("link").first()).toContainText("plan.status-changed");
  await results.getByRole("link").first().click();
  await expect(page).toHaveURL(/\/reference\/signals#plan\.status-changed$/);
  await expect(page.getByRole("heading", { name: "plan.status-changed" })).toBeInViewport();
  await page.goto(`${host.url}/reference/nothing-of-the-kind`);
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
});

test("the reference is a place of the rail", async ({ browser, host }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  await page.getByRole("navigation", { name: "Places" }).getByRole("link", { name: "Reference" }).click();
  await expect(page).toHaveURL(/\/reference$/);
  await expect(page.getByRole("heading", { name: "Reference" })).toBeVisible();
  await context.close();
});
