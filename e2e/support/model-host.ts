/** One host for all tests of a file whose built-in agent has a model behind it, and that model's provider. */
import { test as base } from "@playwright/test";
import { startHost, type ProductHost } from "./host.ts";
import { startModelProvider, type ModelProvider } from "./model-provider.ts";

export { expect } from "@playwright/test";

export const test = base.extend<object, { provider: ModelProvider; host: ProductHost }>({
  provider: [
    async ({}, use) => {
      const provider = await startModelProvider();
      await use(provider);
      provider.close();
    },
    { scope: "worker" },
  ],
  host: [
    async ({ provider }, use) => {
      const host = await startHost({ env: { MODEL_BASE_URL: provider.baseUrl, MODEL_NAME: "test-model" } });
      await use(host);
      await host.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});
