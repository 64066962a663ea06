import fc from "fast-check";
import { expect, it } from "vitest";
import { isSignalboxClientError } from "./client-error.ts";
import { pull, type Sink } from "./pull.ts";

/** A source over a list that goes on where it was stopped, and puts as many at a time as it is told. */
function listSource(length: number, batch: number) {
  let next = 0;
  let opens = 0;
  let isOpen = false;
  return {
    opens: () => opens,
    isOpen: () => isOpen,
    ahead: () => next,
    open(sink: Sink<number>) {
      opens += 1;
      isOpen = true;
      const run = () => {
        if (!isOpen) return;
        const items = Array.from({ length: Math.min(batch, length - next) }, (_, index) => next + index);
        next += items.length;
        sink.put(items);
        if (next === length) return sink.end();
        setImmediate(run);
      };
      setImmediate(run);
      return () => {
        isOpen = false;
      };
    },
  };
}

it("hands on everything once and in order, whatever the batches and the bound", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(60),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      async (n, batch, max) => {
        const source = listSource(n, batch);
        const taken: number[] = [];
        for await (const item of pull({ open: source.open, max })) taken.push(item);
        expect(taken).toEqual(Array.from({ length: n }, (_, index) => index));
        expect(source.isOpen()).toBe(false);
      },
    ),
    { numRuns: 50 },
  );
});

it("stops a source that is ahead of a slow loop, and opens it again when all is taken", async () => {
  const source = listSource(100, 10);
  const loop = pull({ open: source.open, max: 20 });
  await loop.next();
  while (source.isOpen()) await new Promise((resolve) => setImmediate(resolve));
  const held = source.ahead();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(source.ahead()).toBe(held);
  expect(held).toBeLessThan(50);
  let count = 1;
  for await (const _ of loop) count += 1;
  expect(count).toBe(100);
  expect(source.opens()).toBeGreaterThan(1);
});

it("stops the source when its loop is left", async () => {
  const source = listSource(100, 1);
  for await (const _ of pull({ open: source.open, max: 5 })) break;
  expect(source.isOpen()).toBe(false);
});

it("throws `aborted` at a loop that waits, and at one that would begin", async () => {
  const stopping = new AbortController();
  let isOpen = false;
  const open = () => {
    isOpen = true;
    return () => {
      isOpen = false;
    };
  };
  const waiting = pull<number>({ open, max: 1, signal: stopping.signal }).next();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOpen).toBe(true);
  stopping.abort();
  const error: unknown = await waiting.catch((thrown: unknown) => thrown);
  expect(isSignalboxClientError(error) && error.code).toBe("aborted");
  expect(isOpen).toBe(false);
  await expect(pull<number>({ open, max: 1, signal: stopping.signal }).next()).rejects.toMatchObject({
    code: "aborted",
  });
  expect(isOpen).toBe(false);
});
