import { expect, it } from "vitest";
import { createGate } from "./transaction-gate.ts";

/** A transaction that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { run: () => promise, end: resolve };
}

it("lets as many in as it has room for, and the others in their order", async () => {
  const gate = createGate({ size: 2, waitMs: 60_000, maxWaiting: 10 });
  const [first, second] = [held(), held()];
  const said: string[] = [];
  const say = (word: string) => async () => void said.push(word);
  const all = [gate(first.run), gate(second.run), gate(say("third")), gate(say("fourth"))];
  await Promise.resolve();
  expect(said).toEqual([]);
  second.end();
  await Promise.all(all.slice(1));
  expect(said).toEqual(["third", "fourth"]);
  first.end();
  await Promise.all(all);
});

it("refuses who waited too long, and gives the place to who still waits", async () => {
  const gate = createGate({ size: 1, waitMs: 20, maxWaiting: 2 });
  const first = held();
  const running = gate(first.run);
  const late = gate(async () => "late");
  await expect(late).rejects.toMatchObject({ code: "STORE_BUSY" });
  const next = gate(async () => "next");
  first.end();
  await running;
  expect(await next).toBe("next");
  expect(await gate(async () => "free again")).toBe("free again");
});

it("refuses at once when too many wait", async () => {
  const gate = createGate({ size: 1, waitMs: 60_000, maxWaiting: 1 });
  const first = held();
  const running = gate(first.run);
  const second = gate(async () => "second");
  await expect(gate(async () => "third")).rejects.toMatchObject({ code: "STORE_BUSY" });
  first.end();
  await running;
  expect(await second).toBe("second");
});

it("gives the place of one that failed to the next", async () => {
  const gate = createGate({ size: 1, waitMs: 60_000, maxWaiting: 1 });
  await expect(gate(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await gate(async () => "next")).toBe("next");
});
