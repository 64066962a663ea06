import { formatCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startLogServer, type LogServer } from "../../test/log-server.ts";
import { listen } from "../../test/stream-server.ts";
import { isSignalboxClientError } from "./client-error.ts";
import { createServiceClient } from "./service-client.ts";

let host: LogServer;
beforeEach(async () => {
  host = await startLogServer();
});
afterEach(() => host.close());

const clientOf = (url = host.server.url) => createServiceClient({ url, apiKey: "sbx_key_test", random: () => 0 });

function signals(count: number): Signal[] {
  return Array.from({ length: count }, (_, index) => ({
    name: "plan.updated",
    ids: { plan: `p${index + 1}`, board: "b" },
    workspaceId: "w",
    at: index,
  }));
}

function entries(count: number): LoggedEntry[] {
  return Array.from({ length: count }, (_, index): LoggedEntry => {
    const position = { seq: index + 1, at: index };
    if (index === count - 1) return { ...position, kind: "turn-end", outcome: "completed" };
    return { ...position, kind: "text-delta", role: "assistant", text: `${index} ` };
  });
}

async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  if (count === 0) return taken;
  for await (const item of source) if (taken.push(item) === count) break;
  return taken;
}

async function thrownBy(run: Promise<unknown>) {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isSignalboxClientError(error)) throw new Error("It threw nothing of ours", { cause: error });
  return error;
}

describe("signals", () => {
  const START = formatCursor({ epoch: 1, seq: 0 });

  it("come in order, and each carries the position after it", async () => {
    host.signals = signals(5);
    const stream = clientOf().signals({ workspaceId: "w", after: START });
    const taken = await take(stream, 5);
    expect(taken.map(({ ids }) => ids["plan"])).toEqual(["p1", "p2", "p3", "p4", "p5"]);
    expect(taken.at(-1)?.cursor).toBe("1.5");
    expect(stream.cursor).toBe("1.5");
  });

  it("are neither missed nor repeated when their reader starts again after any of them, inside a batch or at its end", async () => {
    host.signals = signals(9);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 6 }), async (stops) => {
        let after = START;
        const seen: (string | undefined)[] = [];
        for (const count of [...stops, 9]) {
          const rest = Math.min(count, 9 - seen.length);
          const taken = await take(clientOf().signals({ workspaceId: "w", after }), rest);
          seen.push(...taken.map(({ ids }) => ids["plan"]));
          after = taken.at(-1)?.cursor ?? after;
        }
        expect(seen).toEqual(host.signals.map(({ ids }) => ids["plan"]));
      }),
      { numRuns: 25 },
    );
  });

  it("survive a wire that is cut at any byte", async () => {
    host.signals = signals(6);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1_500), { minLength: 1, maxLength: 4 }), async (cuts) => {
        host.cuts = [...cuts];
        const taken = await take(clientOf().signals({ workspaceId: "w", after: START }), 6);
        expect(taken.map(({ ids }) => ids["plan"])).toEqual(host.signals.map(({ ids }) => ids["plan"]));
      }),
      { numRuns: 15 },
    );
  });

  it("go on in a second loop where the first was left", async () => {
    host.signals = signals(4);
    const stream = clientOf().signals({ workspaceId: "w", after: START });
    await take(stream, 2);
    expect((await take(stream, 2)).map(({ ids }) => ids["plan"])).toEqual(["p3", "p4"]);
  });

  it("tell when the stream is up, before there is any", async () => {
    host.signals = signals(3);
    const stopping = new AbortController();
    let at: string | null = null;
    const loop = take(
      clientOf().signals({
        workspaceId: "w",
        signal: stopping.signal,
        onPosition(cursor) {
          at = cursor;
          stopping.abort();
        },
      }),
      1,
    );
    expect((await thrownBy(loop)).code).toBe("aborted");
    expect(at).toBe("1.3");
  });

  it("throw a resync that can't be overlooked, with the cursor to go on from", async () => {
    host.signals = signals(3);
    host.epoch = 2;
    const error = await thrownBy(take(clientOf().signals({ workspaceId: "w", after: "1.2+1" }), 1));
    expect(error).toMatchObject({ code: "resync", details: { reason: "unknown-cursor", cursor: "2.3" } });
  });

  it("go on after a resync that somebody looks after", async () => {
    host.signals = signals(3);
    host.epoch = 2;
    const told: unknown[] = [];
    const stream = clientOf().signals({
      workspaceId: "w",
      after: "1.2",
      onResync(resync) {
        told.push(resync);
        host.signals.push(...signals(1));
        host.wake();
      },
    });
    expect(await take(stream, 1)).toMatchObject([{ ids: { plan: "p1" }, cursor: "2.4" }]);
    expect(told).toEqual([{ reason: "unknown-cursor", cursor: "2.3" }]);
  });

  it("leave out names that this version does not know, and count them", async () => {
    const [first, second, third] = signals(3);
    if (!first || !second || !third) throw new Error("three");
    host.signals = [first, { ...second, name: "moon.landed" as Signal["name"] }, third];
    const taken = await take(clientOf().signals({ workspaceId: "w", after: START }), 2);
    expect(taken.map(({ ids }) => ids["plan"])).toEqual(["p1", "p3"]);
    const again = await take(clientOf().signals({ workspaceId: "w", after: taken[0]?.cursor }), 1);
    expect(again[0]?.ids["plan"]).toBe("p3");
  });
});

describe("a turn", () => {
  it("comes whole and ends after its turn-end, over cuts, overlaps and frames of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }),
        fc.array(fc.nat(3), { maxLength: 4 }),
        fc.array(fc.nat(900), { maxLength: 4 }),
        async (frameSizes, overlaps, cuts) => {
          Object.assign(host, {
            entries: entries(12),
            frameSizes: [...frameSizes],
            overlaps: [...overlaps],
            cuts: [...cuts],
          });
          const stream = clientOf().turn("t");
          expect((await take(stream, Infinity)).map(({ seq }) => seq)).toEqual(host.entries.map(({ seq }) => seq));
          expect(stream.cursor).toBe("1.12");
        },
      ),
      { numRuns: 25 },
    );
  });

  it("goes on after any entry", async () => {
    host.entries = entries(7);
    for (let stop = 1; stop < 7; stop += 1) {
      const first = await take(clientOf().turn("t"), stop);
      const rest = await take(clientOf().turn("t", { after: first.at(-1)?.cursor }), Infinity);
      expect([...first, ...rest].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it("throws a resync when its log can't be continued, or goes on from its start", async () => {
    host.entries = entries(4);
    host.lose = "start";
    expect(await thrownBy(take(clientOf().turn("t", { after: "1.2" }), 1))).toMatchObject({
      code: "resync",
      details: { from: "start", cursor: null },
    });
    host.lose = "start";
    let drops = 0;
    const stream = clientOf().turn("t", { after: "1.2", onResync: () => void (drops += 1) });
    expect((await take(stream, Infinity)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(drops).toBe(1);
  });

  it("ends after a resync to its record, which turn.get has", async () => {
    host.entries = entries(4);
    host.lose = "record";
    const told: unknown[] = [];
    const client = clientOf();
    const stream = client.turn("t", { after: "1.2", onResync: (resync) => void told.push(resync.from) });
    expect(await take(stream, Infinity)).toEqual([]);
    expect(told).toEqual(["record"]);
    expect((await client.turn.get.query({ turnId: "t" })).status).toBe("completed");
  });
});

describe("errors", () => {
  it("of streams and calls are ours, with the host's code", async () => {
    const refusing = await listen((_, response) => {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "not-found", message: "No workspace.", details: { id: "w" } } }));
    });
    try {
      const client = clientOf(refusing.url);
      expect((await thrownBy(take(client.signals({ workspaceId: "w" }), 1))).code).toBe("not-found");
      expect((await thrownBy(take(client.turn("t"), 1))).code).toBe("not-found");
      expect(await thrownBy(client.workspace.list.query())).toMatchObject({
        code: "not-found",
        status: 404,
        message: "No workspace.",
        details: { id: "w" },
        isRetryable: false,
      });
    } finally {
      await refusing.close();
    }
  });

  it("tell a key that is not accepted, a limit with its pause, and a host that does not answer", async () => {
    const refusing = await listen((request, response) => {
      if (request.url?.startsWith("/__/"))
        return void response.writeHead(401, { "content-type": "application/json" }).end("{}");
      response.writeHead(429, { "retry-after": "5", "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "too-many", message: "Too many." } }));
    });
    const client = clientOf(refusing.url);
    expect((await thrownBy(take(client.signals({ workspaceId: "w" }), 1))).code).toBe("unauthenticated");
    expect(await thrownBy(client.workspace.list.query())).toMatchObject({
      code: "too-many",
      isRetryable: true,
      retryAfterMs: 5_000,
    });
    await refusing.close();
    expect(await thrownBy(client.workspace.list.query())).toMatchObject({ code: "no-answer", status: null });
  });

  it("tell a call that was aborted, and an address that is none", async () => {
    const silent = await listen(() => undefined);
    const stopping = new AbortController();
    const call = clientOf(silent.url).workspace.list.query(undefined, { signal: stopping.signal });
    stopping.abort();
    expect((await thrownBy(call)).code).toBe("aborted");
    await silent.close();
    expect(() => clientOf("ftp://example.com")).toThrow(/not an http/);
  });
});
