import { expect, test } from "vitest";
import { planSandbox, SandboxSettings, shownSandbox, type SandboxMode } from "./sandbox-settings.ts";

const HERE = { isAvailable: true } as const;
const NOT_HERE = { isAvailable: false, reason: "No sandbox can come up here: socat is not installed." } as const;

/** Profile, environment, is it the demo: with bubblewrap, and without. */
test.each<[SandboxMode | undefined, SandboxMode | null, boolean, string, string]>([
  [undefined, null, false, "bubblewrap", "missing"],
  [undefined, null, true, "bubblewrap", "none"],
  [undefined, "required", true, "bubblewrap", "missing"],
  [undefined, "preferred", false, "bubblewrap", "none"],
  [undefined, "off", false, "none", "none"],
  [undefined, "off", true, "none", "none"],
  ["required", "off", false, "bubblewrap", "missing"],
  ["preferred", "required", false, "bubblewrap", "none"],
  ["off", "required", false, "none", "none"],
])(
  "a profile that says %s, an environment that says %s, demo %s: %s, and %s where no sandbox can come up",
  (mode, operatorMode, isDemo, withTools, without) => {
    const settings = SandboxSettings.parse({ mode });
    const plan = (availability: typeof HERE | typeof NOT_HERE) =>
      planSandbox({ settings, operatorMode, isDemo, availability });
    expect([plan(HERE).kind, plan(NOT_HERE).kind]).toEqual([withTools, without]);
  },
);

test("who runs without a sandbox, or not at all, says why", () => {
  const settings = SandboxSettings.parse({});
  const missing = planSandbox({ settings, operatorMode: null, isDemo: false, availability: NOT_HERE });
  expect(shownSandbox(missing)).toEqual({ kind: "missing", reason: NOT_HERE.reason, allowedDomains: [] });
  const demo = planSandbox({ settings, operatorMode: null, isDemo: true, availability: NOT_HERE });
  expect(demo).toMatchObject({ kind: "none", reason: expect.stringContaining(NOT_HERE.reason) });
});

test("an allow list has room for many hosts, and for no more than fit beside others into one message", () => {
  const hosts = (count: number) => Array.from({ length: count }, (_, index) => `${index}.`.padEnd(64, "a"));
  expect(SandboxSettings.parse({ allowedDomains: hosts(64) }).allowedDomains).toHaveLength(64);
  expect(() => SandboxSettings.parse({ allowedDomains: hosts(65) })).toThrow("at most 4096 characters in all");
});
