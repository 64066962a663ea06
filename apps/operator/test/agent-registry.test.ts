/** Which agents an operator starts to see whether they are there, and when it does so again. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { createAgentRegistry } from "../src/agent-registry.ts";
import { LOOK_FOR_AGENTS_MS } from "../src/limits.ts";
import { createLogger } from "../src/logger.ts";
import { loadProfiles } from "../src/profiles.ts";
import { createSandboxPlanner } from "../src/sandbox/sandbox-settings.ts";
import { AGENT } from "./agent-scene.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

test("an agent that was broken is looked for again, after twice the pause each time, and no more once it is well", async () => {
  const operatorDir = temporaryFolder();
  const home = temporaryFolder();
  const started = join(home, "started");
  const script = `echo x >> ${started}; test -e ${home}/signed-in && exec ${process.execPath} ${AGENT} steady; exit 3`;
  const late = { id: "late", name: "Late", command: "sh", args: ["-c", script], sandbox: { mode: "off" } };
  writeFileSync(join(operatorDir, "profiles.json"), JSON.stringify([late]));
  const over = new AbortController();
  onTestFinished(() => over.abort());
  let now = 0;
  const own = loadProfiles(operatorDir, null);
  const planOf = createSandboxPlanner("preferred", { isAvailable: false, reason: "not asked for" });
  const registry = createAgentRegistry({
    operatorDir,
    own,
    model: null,
    planOf,
    log: createLogger("test"),
    signal: over.signal,
    now: () => now,
  });
  const presence = () => registry.list().find(({ id }) => id === "late")?.presence;
  const starts = () => (existsSync(started) ? readFileSync(started, "utf8").length / 2 : 0);

  /** Looks as the daemon does, and waits for what is told of the agent when it is started. */
  const expectStart = async (count: number, state: string) => {
    registry.look();
    await until(`start ${count}`, () => starts() === count && presence()?.state === state);
  };
  await expectStart(1, "broken");
  for (const [at, count] of [
    [1, 2],
    [2, 2],
    [3, 3],
    [6, 3],
  ] as const) {
    now = at * LOOK_FOR_AGENTS_MS;
    await expectStart(count, "broken");
  }
  writeFileSync(join(home, "signed-in"), "");
  now = 7 * LOOK_FOR_AGENTS_MS;
  await expectStart(4, "ready");
  now = 1_000 * LOOK_FOR_AGENTS_MS;
  await expectStart(4, "ready");
});
