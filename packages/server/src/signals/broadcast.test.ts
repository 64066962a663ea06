import { MAILBOX_SLOTS, SIGNAL_RING } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import type { Signal } from "@signalbox/catalog/signals";
import { SIGNAL_WINDOW_MS } from "@signalbox/catalog/timing";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { serveFast } from "../../test/fast-broadcast.ts";
import { openRaw, serveHost, type HttpHost, type RawStream } from "../../test/http-host.ts";
import { readRaw } from "../../test/raw-reader.ts";
import { prune } from "../store/prune.ts";
import { mutate } from "./outbox.ts";

interface Frame {
  id: string | null;
  frame: { type: string; signals?: Signal[] } & Record<string, unknown>;
}

const signalsOf = (stream: { frames(): Frame[] }): Signal[] =>
  stream.frames().flatMap(({ frame }) => frame.signals ?? []);
const recordsOf = (stream: { frames(): Frame[] }) => signalsOf(stream).map((signal) => signal.ids["initiative"]);
const typesOf = (stream: { frames(): Frame[] }) => stream.frames().map(({ frame }) => frame.type);
const seqOf = (cursor: string | null) => given(parseCursor(cursor)).seq;

/** Names of a length that no record has: what fills the buffers on the way is bytes, and rows cost time. */
const longNames = (count: number) =>
  Array.from({ length: count }, (_, index) => `record-${index}-${"x".repeat(2_000)}`);

describeHosts("the writer of signals", (bed) => {
  let http: HttpHost;
  beforeAll(async () => {
    http = await serveHost(bed.test);
  });
  afterAll(() => http.close());

  const left: (() => void)[] = [];
  afterEach(() => {
    // What a failed test left open must not fail the next.
    for (const leave of left.splice(0)) leave();
  });

  async function team() {
    const made = await bed.test.workspace();
    const { key, id: keyId } = await bed.test.host.workspaces.createKey({
      workspaceId: made.id,
      name: "K",
      role: "member",
    });
    const headers = { authorization: `Bearer ${key}` };
    return {
      ...made,
      keyId,
      headers,
      /** Commits signals about these records, in one transaction. */
      change: (...records: string[]) =>
        mutate(bed.opened.store, made.scope, async (_, emit) => {
          for (const initiative of records) emit("initiative.changed", { initiative });
        }),
      open: async (input: object = {}, on: HttpHost = http) => {
        const stream = await openRaw(on.streamUrl("events", { workspaceId: made.id, ...input }), headers);
        left.push(() => stream.destroy());
        return stream;
      },
      position: () => bed.test.host.signals.position(made.id),
    };
  }
  const begun = (stream: RawStream) => eventually(() => stream.frames().length > 0);
  const noneOpen = () =>
    eventually(() => bed.test.host.admission.count() === 0 && bed.test.host.signals.tail.openLogs === 0);

  it("S2 [CU2] [SG5]: resumes behind a cursor, and says hello there and not ahead of it, whether others listen or not", async () => {
    const { change, open, position } = await team();
    const cursors = [await position()];
    for (const record of ["a", "b", "c"]) {
      await change(record);
      cursors.push(await position());
    }
    const others: RawStream[] = [];
    for (const [index, lastEventId] of cursors.entries()) {
      const stream = await open({ lastEventId, delivery: "every" });
      await eventually(() => recordsOf(stream).length === 3 - index);
      await begun(stream);
      expect(stream.frames()[0]).toMatchObject({ id: lastEventId, frame: { type: "hello" } });
      expect(recordsOf(stream)).toEqual(["a", "b", "c"].slice(index));
      others.push(stream);
    }
    await change("d");
    for (const stream of others) await eventually(() => recordsOf(stream).at(-1) === "d");
    for (const stream of others) expect(seqOf(given(stream.frames().at(-1)).id)).toBe(seqOf(await position()));
    for (const stream of others) stream.destroy();
    await noneOpen();
  });

  it.each(["", "nonsense", "99.1", "0.0", "1.999999"])(
    "[CU3] [CU4] answers the cursor %j with one resync that itself carries the new one",
    async (lastEventId) => {
      const { change, open, position } = await team();
      await change("a");
      for (const isAlone of [true, false]) {
        const other = isAlone ? null : await open();
        const stream = await open({ lastEventId });
        await eventually(() => stream.frames().length >= 2);
        expect(stream.frames()).toMatchObject([
          { id: "0.0", frame: { type: "hello" } },
          { id: await position(), frame: { type: "resync", reason: "unknown-cursor" } },
        ]);
        stream.destroy();
        other?.destroy();
      }
      await noneOpen();
    },
  );

  it("[CU3] answers a cursor that was pruned with one resync, and goes on from there", async () => {
    const { change, open, position } = await team();
    const lastEventId = await position();
    await change("a");
    const limits = { outboxMs: 0, outboxRows: Number.MAX_SAFE_INTEGER, turnLogMs: 1e12 };
    await prune(bed.opened.store, limits, Date.now() + 1_000);
    const stream = await open({ lastEventId });
    await eventually(() => stream.frames().length >= 2);
    await change("b");
    await eventually(() => signalsOf(stream).length > 0);
    expect(stream.frames().map(({ frame }) => frame)).toMatchObject([
      { type: "hello" },
      { type: "resync", reason: "pruned" },
      { type: "signals" },
    ]);
    stream.destroy();
    await noneOpen();
  });

  it("[CU5] ends what is open when an epoch is raised, and answers the cursors before it with a resync", async () => {
    const { change, open } = await team();
    const stream = await open();
    await begun(stream);
    const epoch = await bed.opened.store.raiseEpoch();
    await stream.ended;
    const last = given(stream.frames().at(-1));
    expect(last.frame).toEqual({ type: "close", code: "expired" });
    expect(parseCursor(last.id)?.epoch).toBe(epoch - 1);
    const again = await open({ lastEventId: last.id });
    await change("a");
    await eventually(() => typesOf(again).length >= 3);
    expect(typesOf(again)).toEqual(["hello", "resync", "signals"]);
    expect(parseCursor(given(again.frames()[2]).id)?.epoch).toBe(epoch);
    again.destroy();
    await noneOpen();
  });

  it("[SG8] lets the first signal leave at once and gathers those that follow it within a window", async () => {
    const { change, open } = await team();
    const stream = await open({ delivery: "every" });
    await begun(stream);
    const records = Array.from({ length: 40 }, (_, index) => String(index));
    for (const record of records) await change(record);
    await eventually(() => recordsOf(stream).length === 40);
    expect(recordsOf(stream)).toEqual(records);
    expect(stream.frames().length).toBeLessThan(40);
    stream.destroy();
    await noneOpen();
  });

  it("[SG8] gathers for longer in a storm about one record, and ends with the newest of it", async () => {
    const { change, open, position } = await team();
    const stream = await open();
    await begun(stream);
    const startedAt = performance.now();
    const windows = () => (performance.now() - startedAt) / SIGNAL_WINDOW_MS;
    const batches = () => stream.frames().filter(({ frame }) => frame.type === "signals").length;
    while (windows() < 16) await change("a", "a", "a", "a");
    const last = seqOf(await position());
    await eventually(() => seqOf(given(stream.frames().at(-1)).id) === last);
    // A batch per window would be as many as windows went by.
    expect(batches()).toBeLessThan(0.6 * windows());
    stream.destroy();
    await noneOpen();
  });

  it("[SG6] [SG7] one batch names each record once for screens; others get every signal", async () => {
    const { change, open } = await team();
    const [screen, service] = [await open({ delivery: "latest" }), await open({ delivery: "every" })];
    await Promise.all([begun(screen), begun(service)]);
    await change("a", "b", "a", "c", "a");
    await eventually(() => signalsOf(service).length === 5 && signalsOf(screen).length > 0);
    expect(recordsOf(screen)).toEqual(["b", "c", "a"]);
    expect(recordsOf(service)).toEqual(["a", "b", "a", "c", "a"]);
    for (const stream of [screen, service]) stream.destroy();
    await noneOpen();
  });

  it("[SG6] a reconnect that missed more records than one batch names is one resync for a screen", async () => {
    const { change, open, position } = await team();
    const lastEventId = await position();
    await change(...Array.from({ length: MAILBOX_SLOTS + 1 }, (_, index) => `r${index}`));
    const screen = await open({ lastEventId, delivery: "latest" });
    await eventually(() => screen.frames().length >= 2);
    expect(screen.frames()).toMatchObject([
      { id: lastEventId, frame: { type: "hello" } },
      { id: await position(), frame: { type: "resync", reason: "overflow" } },
    ]);
    await change("after");
    await eventually(() => recordsOf(screen).includes("after"));
    screen.destroy();
    await noneOpen();
  });

  it("[SG6] [SG7] a reconnect that is further behind than the ring is one resync for a screen, and all of it for others", async () => {
    const { change, open, position } = await team();
    const lastEventId = await position();
    const count = SIGNAL_RING + 600;
    for (let first = 0; first < count; first += 500) {
      await change(...Array.from({ length: Math.min(500, count - first) }, (_, index) => String((first + index) % 7)));
    }
    const [screen, service] = [
      await open({ lastEventId, delivery: "latest" }),
      await open({ lastEventId, delivery: "every" }),
    ];
    await eventually(() => typesOf(screen).includes("resync") && signalsOf(service).length === count);
    expect(typesOf(screen)).toEqual(["hello", "resync"]);
    expect(recordsOf(service)).toEqual(Array.from({ length: count }, (_, index) => String(index % 7)));
    const seqs = service.frames().map(({ id }) => seqOf(id));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    for (const stream of [screen, service]) stream.destroy();
    await noneOpen();
  });

  it("S5: a reader that takes nothing costs the others nothing; when it reads again, a screen gets the newest, others all", async () => {
    const { id, change, headers, open } = await team();
    const url = (delivery: string) => http.streamUrl("events", { workspaceId: id, delivery });
    const [screen, service] = await Promise.all(["latest", "every"].map((one) => readRaw(url(one), { headers })));
    const healthy = await open({ delivery: "every" });
    const textOf = (reader: typeof screen) => given(reader).body();
    await eventually(
      () => [screen, service].every((one) => textOf(one).includes("hello")) && healthy.frames().length > 0,
    );
    screen?.socket.pause();
    service?.socket.pause();
    const round = longNames(100);
    const rounds = 40;
    const count = (text: string) => text.split('"name":"initiative.changed"').length - 1;
    for (let index = 0; index < rounds; index++) {
      await change(...round);
      await eventually(() => count(healthy.text()) === (index + 1) * round.length);
    }
    await change("the-last");
    await eventually(() => healthy.text().includes("the-last"));
    screen?.socket.resume();
    service?.socket.resume();
    await eventually(() => textOf(service).includes("the-last") && textOf(screen).includes("the-last"));
    expect(count(textOf(service))).toBe(rounds * round.length + 1);
    expect(count(textOf(screen))).toBeLessThan(rounds * round.length);
    for (const reader of [screen, service]) reader?.socket.destroy();
    healthy.destroy();
    await noneOpen();
  }, 60_000);

  it("S5 [ST10]: a reader that takes nothing for too long is reset, and its slot is free; one that reads slowly is not", async () => {
    const { id, change, headers } = await team();
    const fast = await serveFast(bed.test, { sweepMs: 10, stallMs: 300 });
    const url = fast.streamUrl("events", { workspaceId: id, delivery: "every" });
    const stuck = await readRaw(url, { headers });
    const slow = await readRaw(url, { headers });
    await Promise.all([stuck, slow].map((one) => one.until((events) => events.length >= 2)));
    stuck.socket.pause();
    // Takes a little each time, and never nothing for long.
    slow.socket.on("data", () => {
      slow.socket.pause();
      setTimeout(() => slow.socket.resume(), 1);
    });
    const round = longNames(200);
    for (let index = 0; index < 60 && bed.test.host.admission.count() === 2; index++) await change(...round);
    await eventually(() => bed.test.host.admission.count() === 1);
    expect(slow.socket.closed).toBe(false);
    // What the kernel holds is gone with the connection: reading on meets its reset.
    stuck.socket.resume();
    await eventually(() => stuck.socket.closed);
    expect(stuck.error()).toBe("ECONNRESET");
    slow.socket.destroy();
    await noneOpen();
    await fast.close();
  }, 60_000);

  it("[ST10] a stuck reader that was told to end is reset after its grace", async () => {
    const { id, change, headers, keyId } = await team();
    const fast = await serveFast(bed.test, { sweepMs: 10, closingGraceMs: 50 });
    const stuck = await readRaw(fast.streamUrl("events", { workspaceId: id, delivery: "every" }), { headers });
    await stuck.until((events) => events.length >= 2);
    stuck.socket.pause();
    const round = longNames(200);
    for (let index = 0; index < 30; index++) await change(...round);
    bed.test.host.admission.closeWhere((slot) => slot.personId === keyId, "draining");
    await noneOpen();
    stuck.socket.destroy();
    await fast.close();
  }, 60_000);

  it("[ST4] one timer gives all their heartbeats: a comment, a ping, and the position of a log that moved on in silence", async () => {
    const { open, change, position } = await team();
    const fast = await serveFast(bed.test, { sweepMs: 2 });
    const stream = await open({ topics: ["sprint"] }, fast);
    await begun(stream);
    await change("not of this topic");
    const head = await position();
    await eventually(() => stream.frames().at(-1)?.id === head);
    expect(stream.frames().at(-1)?.frame).toEqual({ type: "position" });
    expect(stream.text()).toMatch(/\n: heartbeat\n\n\nevent: ping\ndata: \n\n\ndata: /);
    expect(stream.text()).toMatch(/^retry: 1000\n\nevent: connected\n/);
    stream.destroy();
    await noneOpen();
    await fast.close();
  });

  it("speaks to HTTP/1.0 without chunks, and refuses a stream behind another answer on the same connection", async () => {
    const { id, headers, change } = await team();
    const url = http.streamUrl("events", { workspaceId: id });
    const old = await readRaw(url, { headers, version: "1.0" });
    await old.until((events) => events.length >= 2);
    expect(old.head()).not.toMatch(/chunked/i);
    await change("a");
    await old.until((events) => events.some(({ data }) => data.includes("initiative.changed")));
    expect(old.body()).not.toMatch(/\r\n/);
    old.socket.destroy();

    const { pathname, search } = new URL(url);
    const pipelined = await readRaw(url, { headers });
    await pipelined.until((events) => events.length >= 2);
    pipelined.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nhost: h\r\nauthorization: ${headers.authorization}\r\n\r\n`,
    );
    await eventually(() => bed.test.host.admission.count() === 1);
    await change("b");
    await pipelined.until((events) => events.some(({ data }) => data.includes('"b"')));
    expect(pipelined.events().filter(({ data }) => data.includes('"hello"'))).toHaveLength(1);
    pipelined.socket.destroy();
    await noneOpen();
  });
});
