/** Nothing of an operator goes by the clock on the wall: its turns are whole though it jumps, and it is never taken for gone. */
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { spooled, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

test("an operator whose clock jumps ahead and back brings a turn whole, over lost connections and a new daemon", async () => {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const settings = {
    hostUrl: host.url,
    token: TOKEN,
    dir: temporaryFolder(),
    paceMs: 5,
    env: { NODE_OPTIONS: `--import=${new URL("jumping-clock.mjs", import.meta.url).href}` },
  };
  const first = startOperator(settings);
  const ids = { turnId: "t1", runId: "r", chatId: "c", planId: "p", profileId: "builtin" };
  host.send({ type: "turn.start", ...ids, prompt: "Write 400 words", history: [] });
  const stored = (): LoggedEntry[] => (store.turns.get("t1")?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
  await until("the turn is under way", () => stored().length > 20);
  host.dropAll();
  const before = stored().length;
  await until("it goes on", () => stored().length > before);
  first.kill("SIGKILL");
  await first.exited;
  startOperator(settings);
  await until("the turn has ended", () => store.turns.get("t1")?.isClosed);

  const entries = stored();
  expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  expect(entries).toEqual(spooled(settings.dir, "t1"));
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
  // The clock did jump.
  const steps = entries.map(({ at }, index) => at - (entries[index - 1]?.at ?? at));
  expect(Math.max(...steps)).toBeGreaterThan(3_600_000);
  expect(Math.min(...steps)).toBeLessThan(-3_600_000);
}, 120_000);
