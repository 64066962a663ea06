import { defineConfig } from "vitest/config";

/** Each test starts processes that open a store of their own: that takes seconds. */
export default defineConfig({ test: { testTimeout: 120_000, hookTimeout: 60_000 } });
