/** Commands that can't be carried out: each is answered, and takes nothing else with it. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import { expect, onTestFinished, test } from "vitest";
import { startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

async function play() {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir });
  await until("it is connected", () => store.hellos.length > 0);
  const ask = async (command: OperatorCommand): Promise<ReplyInput["result"]> => {
    const commandId = host.send(command);
    return (await until("it is answered", () => store.replies.find((reply) => reply.commandId === commandId))).result;
  };
  return { store, dir, operator, ask };
}

// The system's word for it (ENAMETOOLONG) once closed the connection, and the command came again with the next one.
test("[OP15] a path that the system does not take is refused over the same connection", async () => {
  const { store, dir, ask } = await play();
  mkdirSync(join(dir, "workspaces", "plan"), { recursive: true });
  const path = `${"n".repeat(300)}.md`;
  expect(await ask({ type: "file.read", planId: "plan", path, offset: 0 })).toMatchObject({
    ok: false,
    code: "not-found",
  });
  expect(store.hellos).toHaveLength(1);
});

test("a command that fails is answered without the reason's details, and the next one is carried out", async () => {
  const { store, dir, operator, ask } = await play();
  rmSync(join(dir, "spool"), { recursive: true });
  writeFileSync(join(dir, "spool"), "in the way");
  const start: Extract<OperatorCommand, { type: "turn.start" }> = {
    type: "turn.start",
    turnId: "t1",
    runId: "r",
    chatId: "c",
    planId: "plan",
    profileId: "builtin",
    prompt: "Write 5 words",
    history: [],
  };
  const failed = await ask(start);
  expect(failed).toMatchObject({ ok: false, code: "failed" });
  expect(JSON.stringify(failed)).not.toContain(dir);
  expect(operator.log()).toContain("a command failed");
  rmSync(join(dir, "spool"));
  expect(await ask({ ...start, turnId: "t2" })).toEqual({ ok: true });
  await until("the next one's turn has ended on the host", () => store.turns.get("t2")?.isClosed);
  expect(store.hellos).toHaveLength(1);
});
