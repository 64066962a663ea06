import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { readAllowedAgents, allowanceFor, type AllowedAgent } from "./allowed-agents.ts";
import { namedEnvironment } from "./config.ts";
import { workspaceProfile } from "./profiles.ts";
import { SandboxSettings } from "./sandbox/sandbox-settings.ts";

const sandbox = SandboxSettings.parse({});
const models = SandboxSettings.parse({ allowedDomains: ["models.example"] });
const ALLOWED: AllowedAgent[] = [
  { command: "gemini", args: ["--acp"], env: ["GEMINI_API_KEY"], sandbox: models },
  { command: "gemini", args: ["--acp", "--debug"], env: [], sandbox },
  { command: "/opt/agent", args: "any", env: ["TOKEN"], sandbox },
];

function wanted(changes: Partial<WorkspaceProfile>): WorkspaceProfile {
  return { id: "p", name: "P", command: "gemini", args: ["--acp"], env: [], model: null, policy: "ask", ...changes };
}

test.each<[string, Partial<WorkspaceProfile>]>([
  ["a line as it is allowed", {}],
  ["a variable that is allowed to it", { env: ["GEMINI_API_KEY"] }],
  ["another line of the same program", { args: ["--acp", "--debug"] }],
  ["any arguments where any are allowed", { command: "/opt/agent", args: ["x", "--y"], env: ["TOKEN"] }],
  ["the built-in agent", { command: "signalbox-agent", args: [] }],
])("%s may run", (_what, changes) => {
  expect(allowanceFor(wanted(changes), ALLOWED)).toMatchObject({ command: changes.command ?? "gemini" });
});

test("a workspace's agent gets the sandbox of the line that lets it run, and nothing that its profile could say", () => {
  const sandboxOf = (changes: Partial<WorkspaceProfile>) => {
    const profile = workspaceProfile(wanted(changes), { allowed: ALLOWED, model: null });
    return typeof profile === "string" ? profile : profile.sandbox;
  };
  expect(sandboxOf({})).toEqual(models);
  expect(sandboxOf({ args: ["--acp", "--debug"] })).toEqual(sandbox);
});

test.each<[string, Partial<WorkspaceProfile>]>([
  ["another program", { command: "sh", args: ["-c", "id"] }],
  ["another path to a program of that name", { command: "/tmp/gemini" }],
  ["more arguments", { args: ["--acp", "--yolo"] }],
  ["fewer arguments", { args: [] }],
  ["arguments that only look the same when they are joined", { args: ["--acp --debug"] }],
  ["a variable that is not allowed to it", { env: ["AWS_SECRET_ACCESS_KEY"] }],
  ["a variable of another line", { args: ["--acp", "--debug"], env: ["GEMINI_API_KEY"] }],
  ["the built-in agent with arguments", { command: "signalbox-agent", args: ["--inspect"] }],
])("%s may not run, and the reason is told", (_what, changes) => {
  expect(allowanceFor(wanted(changes), ALLOWED)).toMatch(/^[A-Zab].+\.$/);
  expect(workspaceProfile(wanted(changes), { allowed: ALLOWED, model: null })).toEqual(expect.any(String));
});

test("without a file nothing is allowed; a broken one is refused in one line that names it", () => {
  const dir = temporaryFolder();
  expect(readAllowedAgents(dir)).toEqual([]);
  for (const text of [
    "{",
    "{}",
    '[{"args": []}]',
    '[{"command": "c", "shell": true}]',
    '[{"command": "c", "env": ["A B"]}]',
  ]) {
    writeFileSync(join(dir, "allowed-agents.json"), text);
    expect(() => readAllowedAgents(dir)).toThrow(/^allowed-agents\.json .+$/);
  }
  writeFileSync(join(dir, "allowed-agents.json"), JSON.stringify([{ command: "c" }]));
  expect(readAllowedAgents(dir)).toEqual([{ command: "c", args: [], env: [], sandbox }]);
});

test("an agent of the workspace gets what any program needs, the variables allowed to it, and nothing else", () => {
  const env = {
    PATH: "/bin",
    HOME: "/h",
    GEMINI_API_KEY: "k",
    OTHER_KEY: "o",
    SIGNALBOX_OPERATOR_TOKEN: "t",
    MODEL_API_KEY: "m",
  };
  expect(namedEnvironment(["GEMINI_API_KEY"], env)).toEqual({ PATH: "/bin", HOME: "/h", GEMINI_API_KEY: "k" });
  // Ours are not to be had, even where a file allows them by mistake.
  expect(namedEnvironment(["SIGNALBOX_OPERATOR_TOKEN", "MODEL_API_KEY"], env)).toEqual({ PATH: "/bin", HOME: "/h" });
});

test("the built-in agent takes a profile's model where there is a real one, and stays a demo otherwise", () => {
  const profile = wanted({ command: "signalbox-agent", args: [], model: "large", policy: "allow" });
  const model = { baseUrl: "http://m", apiKey: null, name: "small", provider: "m" };
  expect(workspaceProfile(profile, { allowed: [], model })).toMatchObject({
    shown: { id: "p", name: "P", isDemo: false, source: "workspace" },
    kind: "builtin",
    env: { MODEL_NAME: "large" },
    model: "large",
    policy: "allow",
  });
  expect(workspaceProfile(profile, { allowed: [], model: null })).toMatchObject({
    shown: { isDemo: true },
    model: "demo",
  });
});
