import { defineConfig } from "vitest/config";

/** Each scenario starts, kills and restarts real processes, and each of them takes its seconds. */
export default defineConfig({ test: { testTimeout: 400_000, hookTimeout: 300_000 } });
