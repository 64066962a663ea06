/** Tests of the screens' own logic and components; whole pages are tested from outside, in `e2e`. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["{app,components,lib}/**/*.test.{ts,tsx}"] },
});
