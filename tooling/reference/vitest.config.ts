import { defineConfig } from "vitest/config";

/** The official parser, the compiler and a real store: they need time on a busy machine. */
export default defineConfig({ test: { include: ["src/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 60_000 } });
