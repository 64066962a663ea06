import { expect, it, onTestFinished } from "vitest";
import { startStateServer } from "../../test/state-server.ts";
import { createStateWatch } from "./state-watch.ts";

async function startHost() {
  const host = await startStateServer();
  onTestFinished(() => host.close());
  const watch = createStateWatch({ url: host.url, fetch, headers: () => ({ authorization: "Bearer k" }) });
  const ask = (address = "/state") => watch.hasChanged(address, AbortSignal.timeout(5_000));
  return { host, ask };
}

it("tells a change once, and asks with the tag that it has", async () => {
  const { host, ask } = await startHost();
  expect([await ask(), await ask(), await ask()]).toEqual([true, false, false]);
  host.body = "b";
  expect([await ask(), await ask()]).toEqual([true, false]);
  expect(host.asked.map((headers) => headers["if-none-match"])).toEqual([undefined, '"a"', '"a"', '"a"', '"b"']);
  expect(new Set(host.asked.map((headers) => headers.authorization))).toEqual(new Set(["Bearer k"]));
});

it("keeps the tags of different addresses apart", async () => {
  const { ask } = await startHost();
  expect([await ask("/one"), await ask("/two"), await ask("/one")]).toEqual([true, true, false]);
});

it("a refusal is thrown with its status and pause, and forgets nothing", async () => {
  const { host, ask } = await startHost();
  await ask();
  host.status = 429;
  await expect(ask()).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000 });
  host.status = 200;
  expect(await ask()).toBe(false);
});
