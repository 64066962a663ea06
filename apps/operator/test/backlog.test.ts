/** Many turns with much to deliver at the same moment, as after a host was away for long. */
import { APPEND_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { expect, onTestFinished, test } from "vitest";
import { APPEND_WINDOW_BYTES } from "../src/limits.ts";
import { openSpool } from "../src/spool.ts";
import { acceptTurn, turnFolder } from "../src/turn-folder.ts";
import { spooled, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

/** A turn that has ended, with ten entries of 50 KB. */
function spoolTurn(dir: string, turnId: string): void {
  const folder = turnFolder(dir, turnId);
  const command: Extract<OperatorCommand, { type: "turn.start" }> = {
    type: "turn.start",
    turnId,
    runId: `r-${turnId}`,
    chatId: "c",
    planId: "plan",
    profileId: "builtin",
    prompt: "Do it",
    history: [],
  };
  acceptTurn(folder, command);
  const spool = openSpool(folder.entries, Date.now);
  spool.append({ kind: "turn-start", agent: { profileId: "builtin" } });
  for (let entries = 0; entries < 10; entries += 1)
    spool.append({ kind: "text-delta", role: "assistant", text: "x".repeat(50_000) });
  spool.append({ kind: "turn-end", outcome: "completed" });
  spool.close();
}

async function play(answerLateMs: number) {
  const store = createStore(TOKEN);
  store.faults.answerLateMs = answerLateMs;
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const turnIds = Array.from({ length: 8 }, (_, index) => `t${index + 1}`);
  for (const turnId of turnIds) {
    spoolTurn(dir, turnId);
    store.turns.set(turnId, { entries: [], isClosed: false });
  }
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  await until("all have ended on the host", () => turnIds.every((turnId) => store.turns.get(turnId)?.isClosed));
  for (const turnId of turnIds) expect(store.turns.get(turnId)?.entries).toEqual(spooled(dir, turnId));
  expect(store.hellos).toHaveLength(1);
  return store;
}

// Calls of one moment are one message of tRPC's client: five full appends were more than the 1 MiB that a host takes, which
// closed the connection, and the next one began with the same message.
test("[OP8] appends of many turns at once never make a message that the host does not take", async () => {
  await play(0);
});

test("[OP3] to a host that is slow to answer no more is sent than the window and one append", async () => {
  const { unanswered } = await play(150);
  expect(unanswered.most).toBeGreaterThan(APPEND_WINDOW_BYTES);
  expect(unanswered.most).toBeLessThanOrEqual(APPEND_WINDOW_BYTES + APPEND_MAX_BYTES);
});
