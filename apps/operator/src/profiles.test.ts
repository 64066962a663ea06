import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { loadProfiles } from "./profiles.ts";

function folderWith(profiles: unknown): string {
  const dir = temporaryFolder();
  writeFileSync(join(dir, "profiles.json"), typeof profiles === "string" ? profiles : JSON.stringify(profiles));
  return dir;
}

test("the built-in agent is there always, and says that it is a demo when no model is behind it", () => {
  const [demo] = loadProfiles(temporaryFolder(), null);
  expect(demo?.shown).toMatchObject({ id: "builtin", isDemo: true });
  expect(demo?.shown.name).toContain("demo");
  const [real] = loadProfiles(temporaryFolder(), { baseUrl: "http://m", apiKey: null, name: "model-x", provider: "m" });
  expect(real?.shown).toEqual({ id: "builtin", name: "Built-in agent (model-x)", isDemo: false });
});

test("others come from profiles.json", () => {
  const dir = folderWith([{ id: "claude", name: "Claude", command: "claude-agent-acp" }]);
  expect(loadProfiles(dir, null)[1]).toEqual({
    shown: { id: "claude", name: "Claude", isDemo: false },
    kind: "external",
    command: "claude-agent-acp",
    args: [],
    env: {},
    variables: [],
    policy: "ask",
    sandbox: { allowedDomains: [], allowWrite: [], denyRead: expect.arrayContaining(["~/.ssh"]) },
  });
});

test("what an agent may reach from its sandbox stands in its profile; the built-in one reaches its model through the gateway alone", () => {
  const sandbox = { mode: "preferred", allowedDomains: ["*.example.com:443"], denyRead: ["/srv/keys"] };
  const dir = folderWith([{ id: "a", name: "A", command: "a", sandbox }]);
  expect(loadProfiles(dir, null).map((profile) => profile.sandbox)).toMatchObject([{ allowedDomains: [] }, sandbox]);
});

test.each([
  ["no JSON", "{"],
  ["no list", { id: "a" }],
  ["a profile without command", [{ id: "a", name: "A" }]],
  ["an unknown field", [{ id: "a", name: "A", command: "c", cwd: "/" }]],
  [
    "an id twice",
    [
      { id: "a", name: "A", command: "c" },
      { id: "a", name: "B", command: "d" },
    ],
  ],
  ["a sandbox that allows everything", [{ id: "a", name: "A", command: "c", sandbox: { allowedDomains: ["*"] } }]],
  ["a sandbox that hides a relative path", [{ id: "a", name: "A", command: "c", sandbox: { denyRead: ["keys"] } }]],
  ["the built-in id", [{ id: "builtin", name: "A", command: "c" }]],
])("a profiles.json with %s is refused in one line that names it", (_what, profiles) => {
  expect(() => loadProfiles(folderWith(profiles), null)).toThrow(/^profiles\.json .+$/);
});
