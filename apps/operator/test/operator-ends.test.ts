import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { spooled, startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost, type HostStore, type TestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";

async function startHost(): Promise<{ store: HostStore; host: TestHost }> {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  return { store, host };
}

test("a refused token ends the operator with one line that names it, and not the token itself", async () => {
  const { host } = await startHost();
  const operator = startOperator({ hostUrl: host.url, token: "sbx_op_wrong", dir: temporaryFolder() });
  expect((await operator.exited).code).toBe(1);
  expect(operator.log()).toMatch(/SIGNALBOX_OPERATOR_TOKEN/);
  expect(operator.log()).not.toContain("sbx_op_wrong");
});

test("a second operator with the same token fences the first, which ends with one line", async () => {
  const { store, host } = await startHost();
  const first = startOperator({ hostUrl: host.url, token: TOKEN, dir: temporaryFolder(), paceMs: 10 });
  await until("the first is connected", () => store.hellos.length > 0);
  startOperator({ hostUrl: host.url, token: TOKEN, dir: temporaryFolder() });
  expect((await first.exited).code).toBe(1);
  expect(first.log()).toContain("another operator connected with the same token");
});

test("a second operator in the same folder is refused", async () => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  startOperator({ hostUrl: host.url, token: TOKEN, dir });
  await until("the first is connected", () => store.hellos.length > 0);
  const second = startOperator({ hostUrl: host.url, token: TOKEN, dir });
  expect((await second.exited).code).toBe(1);
  expect(second.log()).toContain("SIGNALBOX_OPERATOR_DIR");
});

test("an operator that is started while the one before is ending takes its place", async () => {
  const { store, host } = await startHost();
  const settings = { hostUrl: host.url, token: TOKEN, dir: temporaryFolder() };
  const first = startOperator(settings);
  await until("the first is connected", () => store.hellos.length > 0);
  const second = startOperator(settings);
  first.kill("SIGTERM");
  await until("the second is connected", () => store.hellos.length > 1);
  expect((await first.exited).code).toBe(0);
  expect(second.log()).not.toContain("SIGNALBOX_OPERATOR_DIR");
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends it with code 0", async (signal) => {
  const { store, host } = await startHost();
  const dir = temporaryFolder();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir });
  await until("it is connected", () => store.hellos.length > 0);
  operator.kill(signal);
  expect((await operator.exited).code).toBe(0);
  expect(existsSync(join(dir, "daemon.pid"))).toBe(false);
});

test("a token that is refused while the operator was away ends it too", async () => {
  const { store, host } = await startHost();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir: temporaryFolder() });
  await until("it is connected", () => store.hellos.length > 0);
  store.token = "sbx_op_another";
  host.dropAll();
  expect((await operator.exited).code).toBe(1);
  expect(operator.log()).toContain("SIGNALBOX_OPERATOR_TOKEN");
});

test("a host that is not there yet is waited for", async () => {
  const { store, host } = await startHost();
  await host.kill();
  const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir: temporaryFolder() });
  await until("it has tried in vain", () => operator.log().includes("no connection to the host"));
  const again = await startTestHost(store, host.port);
  onTestFinished(() => again.kill());
  await until("it is connected", () => store.hellos.length > 0);
});

test("a runner works on after SIGTERM of its daemon, and the next daemon takes it over", async () => {
  const { store, host } = await startHost();
  const settings = { hostUrl: host.url, token: TOKEN, dir: temporaryFolder(), paceMs: 3 };
  const first = startOperator(settings);
  host.send({
    type: "turn.start",
    turnId: "t1",
    runId: "r",
    chatId: "c",
    planId: "p",
    profileId: "builtin",
    prompt: "Write 200 words",
    history: [],
  });
  await until("the turn runs", () => (store.turns.get("t1")?.entries.length ?? 0) > 10);
  first.kill("SIGTERM");
  expect((await first.exited).code).toBe(0);
  startOperator(settings);
  await until("the turn has ended", () => store.turns.get("t1")?.isClosed);
  expect(store.turns.get("t1")?.entries).toEqual(spooled(settings.dir, "t1"));
});

test.each([
  ["SIGNALBOX_HOST_URL", { SIGNALBOX_HOST_URL: "ftp://host" }],
  ["SIGNALBOX_HOST_URL", { SIGNALBOX_HOST_URL: "" }],
  ["SIGNALBOX_OPERATOR_TOKEN", { SIGNALBOX_OPERATOR_TOKEN: "sbx_key_of_another_kind" }],
  ["SIGNALBOX_OPERATOR_DIR", { SIGNALBOX_OPERATOR_DIR: "" }],
  ["MODEL_BASE_URL", { MODEL_BASE_URL: "not an address" }],
  ["MODEL_NAME", { MODEL_BASE_URL: "http://127.0.0.1:1/v1" }],
  ["SIGNALBOX_SANDBOX", { SIGNALBOX_SANDBOX: "yes" }],
  ["SIGNALBOX_SANDBOX_HIDES", { SIGNALBOX_SANDBOX_HIDES: "keys" }],
])("a wrong or missing %s ends the start with one line that names it", async (name, env) => {
  const operator = startOperator({ hostUrl: "http://127.0.0.1:1", token: TOKEN, dir: temporaryFolder(), env });
  expect((await operator.exited).code).toBe(1);
  const lines = operator.log().trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(new RegExp(`^signalbox operator: ${name} .*must`));
});
