import { defineConfig } from "vitest/config";

/** Most tests start real processes: they need time on a busy machine, and few beside each other. */
export default defineConfig({
  test: { include: ["src/**/*.test.ts", "test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 30_000, maxWorkers: 2 },
});
