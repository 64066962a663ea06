/** Attachments on their way to a host that does not take all of them. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ATTACHMENT_MAX } from "@signalbox/catalog/bounds";
import { expect, onTestFinished, test } from "vitest";
import { startOperator, type OperatorProcess } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

interface Scene {
  store: HostStore;
  host: TestHost;
  operator: OperatorProcess;
  /** Where the turn's attachment of this number is kept. */
  kept(number: number): string;
}

async function play(faults: Partial<HostStore["faults"]>, attachments: string[]): Promise<Scene> {
  const store = createStore(TOKEN);
  Object.assign(store.faults, faults);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const kept = (number: number): string => join(dir, "spool", "t1", "attachments", `a${number}.txt`);
  mkdirSync(dirname(kept(1)), { recursive: true });
  attachments.forEach((text, index) => writeFileSync(kept(index + 1), text));
  const command = { type: "turn.start", turnId: "t1", runId: "r", chatId: "c", planId: "p", profileId: "nobody" };
  writeFileSync(join(dir, "spool", "t1", "command.json"), JSON.stringify({ ...command, prompt: "", history: [] }));
  for (const name of ["entries.jsonl", "control.jsonl"]) writeFileSync(join(dir, "spool", "t1", name), "");
  store.turns.set("t1", { entries: [], isClosed: false });
  return { store, host, operator: startOperator({ hostUrl: host.url, token: TOKEN, dir }), kept };
}

// As an earlier version of the operator kept it, in 65 pieces: refused once a second for ever, it held up all others.
test("an attachment that the host refuses is put aside, and the next ones are delivered", async () => {
  const tooLong = `x${"\u{1F6A6}".repeat(ATTACHMENT_MAX / 2)}`;
  const { store, kept } = await play({}, [tooLong, "the next one"]);
  await until("the next one is whole", () => store.attachments.get("t1/a2")?.isWhole);
  expect(store.attachments.get("t1/a2")?.pieces).toEqual(["the next one"]);
  expect(store.attachments.get("t1/a1")?.isWhole).toBe(false);
  await until("both are settled", () => existsSync(`${kept(1)}.refused`) && existsSync(`${kept(2)}.delivered`));
});

test("a host without attachments gets the turn all the same, and them when it is a newer one", async () => {
  const { store, host, operator, kept } = await play({ takesNoAttachments: true }, ["kept until then"]);
  await until("the turn has ended on the host", () => store.turns.get("t1")?.isClosed);
  await until("it was offered once", () => operator.log().includes("the host takes no attachments"));
  await host.kill();
  store.faults.takesNoAttachments = false;
  const newer = await startTestHost(store, host.port);
  onTestFinished(() => newer.kill());
  await until("it is delivered", () => existsSync(`${kept(1)}.delivered`));
  expect(store.attachments.get("t1/a1")).toEqual({ pieces: ["kept until then"], isWhole: true });
  expect(operator.log().split("the host takes no attachments")).toHaveLength(2);
});
