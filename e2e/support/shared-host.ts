/** One host for all tests of a file that don't kill it, and helpers that read a board as a person does. */
import { test as base, type Locator, type Page } from "@playwright/test";
import { startHost, type ProductHost } from "./host.ts";

export { expect } from "@playwright/test";

export const test = base.extend<object, { host: ProductHost }>({
  host: [
    async ({}, use) => {
      const host = await startHost();
      await use(host);
      await host.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

export function column(page: Page, label: string): Locator {
  return page.getByRole("region", { name: label, exact: true });
}

export function card(scope: Page | Locator, title: string): Locator {
  return scope.locator("li[data-plan-id]").filter({ hasText: title });
}
