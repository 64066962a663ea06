import { defineConfig } from "vitest/config";

// Reconnects wait for their real back-off.
export default defineConfig({ test: { testTimeout: 20_000 } });
