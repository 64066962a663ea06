import { defineConfig } from "vitest/config";

// Real sockets on a machine that is busy, and a model that is explored whole.
export default defineConfig({ test: { testTimeout: 30_000 } });
