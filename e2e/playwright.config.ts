/** Black-box tests: a real browser against the built product, each host a process that can be killed. */
import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

/** CHROMIUM_PATH, else the system's browser, else the one that comes from npm: nothing is downloaded from elsewhere. */
async function browserPath(): Promise<string> {
  const system = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const named = process.env["CHROMIUM_PATH"];
  const found = process.env["E2E_BROWSER"] === "npm" ? undefined : (named ?? system.find((path) => existsSync(path)));
  if (found) return found;
  const { default: chromium } = await import("@sparticuz/chromium");
  return chromium.executablePath();
}

export default defineConfig({
  testDir: "tests",
  // Two files at a time, each with hosts of its own: most of the time something is waited for.
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env["CI"] === "true",
  // A second try tells a busy machine from a broken product; the report calls what needed one flaky.
  retries: process.env["CI"] === "true" ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    ...devices["Desktop Chrome"],
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: await browserPath(),
      // Chromium's own sandbox needs privileges that a container's root has not.
      chromiumSandbox: false,
      args: ["--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
    },
  },
});
