import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { environmentOf } from "./agent-environment.ts";
import { loadProfiles } from "./profiles.ts";

const BASE = { PATH: "/bin", HOME: "/h", LANG: "C.UTF-8", TZ: "UTC", HTTPS_PROXY: "http://proxy" };
const OPERATOR = {
  ...BASE,
  SIGNALBOX_OPERATOR_TOKEN: "sbx_op_t",
  SIGNALBOX_DEMO_PACE_MS: "0",
  MODEL_API_KEY: "m",
  MODEL_NAME: "large",
  DATABASE_URL: "postgres://",
  AWS_SECRET_ACCESS_KEY: "a",
  SHOP_GITHUB_TOKEN: "forge",
  GEMINI_API_KEY: "g",
  CLAUDE_KEY: "c",
  EDITOR_KEY: "e",
};

/** What each of these profiles gets, by its id; in the operator's folder are those files, too. */
function environments(profiles: object[], files: Record<string, unknown> = {}): Record<string, Record<string, string>> {
  const dir = temporaryFolder();
  for (const [name, value] of Object.entries({ "profiles.json": profiles, ...files }))
    writeFileSync(join(dir, name), JSON.stringify(value));
  return Object.fromEntries(
    loadProfiles(dir, null).map((profile) => [profile.shown.id, environmentOf(profile, dir, OPERATOR)]),
  );
}

const agent = (id: string, more: object = {}) => ({ id, name: id, command: id, ...more });
const forge = { type: "github", repository: "acme/shop", tokenVariable: "SHOP_GITHUB_TOKEN" };

test("an agent gets what any program needs and what its profile names; the built-in one what it reads", () => {
  const { builtin, plain, named } = environments([
    agent("plain", { env: { OWN: "1" } }),
    agent("named", { variables: ["EDITOR_KEY", "NOT_THERE"], env: { OWN: "2" } }),
  ]);
  expect(plain).toEqual({ ...BASE, OWN: "1" });
  expect(named).toEqual({ ...BASE, EDITOR_KEY: "e", OWN: "2" });
  expect(builtin).toEqual({ ...BASE, SIGNALBOX_DEMO_PACE_MS: "0", MODEL_NAME: "large" });
});

test("a forge's token and the keys behind gateways reach no agent, even where a profile names them", () => {
  const variables = ["SHOP_GITHUB_TOKEN", "GEMINI_API_KEY", "CLAUDE_KEY", "MODEL_API_KEY", "EDITOR_KEY"];
  const found = environments(
    [
      agent("greedy", { variables }),
      agent("gemini", { variables, env: { GEMINI_API_KEY: "its own" }, gateway: { api: "gemini" } }),
    ],
    {
      "repositories.json": [{ name: "shop", path: "/srv/shop", forge }],
      "allowed-agents.json": [{ command: "claude", gateway: { api: "anthropic", keyVariable: "CLAUDE_KEY" } }],
    },
  );
  expect(found["greedy"]).toEqual({ ...BASE, EDITOR_KEY: "e" });
  expect(found["gemini"]).toEqual({ ...BASE, EDITOR_KEY: "e" });
});

test("where it can't be read which variables are tokens, none that a profile names is given", () => {
  const { named } = environments([agent("named", { variables: ["EDITOR_KEY"] })], {
    "repositories.json": { shop: forge },
  });
  expect(named).toEqual(BASE);
});
