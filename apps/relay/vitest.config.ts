import { defineConfig } from "vitest/config";

/** Some tests start real processes and a real store: they need time on a busy machine. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
