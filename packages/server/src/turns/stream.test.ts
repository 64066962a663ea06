import { TurnFrame, type CloseCode } from "@signalbox/catalog/stream-frames";
import { TURN_FRAME_ENTRIES, TURN_RING_LENGTH } from "@signalbox/catalog/bounds";
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { readTurn } from "../../test/read-stream.ts";
import { prune } from "../store/prune.ts";
import type { Tracked } from "../signals/stream.ts";

type Frames = Tracked<TurnFrame>[];
const seqsIn = (frames: Frames) =>
  frames.flatMap(({ frame }) => (frame.type === "entries" ? frame.entries.map((entry) => entry.seq) : []));
const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

describeHosts("a stream of a turn", (bed) => {
  async function begun() {
    const { id, scope, owner } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const started = await startTurn(bed.test, scope);
    const read = (lastEventId?: string, rollup = false) =>
      readTurn(bed.test, owner, { scope, turnId: started.turnId, lastEventId, rollup });
    return { id, scope, owner, operator, read, ...started };
  }
  const pruneTurns = () =>
    prune(bed.opened.store, { outboxMs: 1e12, outboxRows: 1e9, turnLogMs: 0 }, Date.now() + 1_000);

  it("[TU1] T1: replays, continues live, ends with exactly one turn-end, and completes", async () => {
    const { operator, turnId, read } = await begun();
    await operator.append(turnId, texts(1, 3));
    const stream = read();
    await stream.until((frames) => seqsIn(frames).length === 3);
    await operator.append(turnId, texts(4, 5));
    await stream.until((frames) => seqsIn(frames).length === 5);
    await operator.append(turnId, [end(6)]);
    expect(await stream.ended).toBeNull();
    expect(seqsIn(stream.frames)).toEqual(range(1, 6));
    let cursor = 0;
    for (const { frame, cursor: id } of stream.frames) {
      expect(TurnFrame.parse(frame)).toEqual(frame);
      if (frame.type !== "entries") throw new Error("only entries come");
      expect(frame.first).toBe(cursor + 1);
      expect(frame.entries.map((entry) => entry.seq)).toEqual(range(frame.first, frame.last));
      cursor = frame.last;
      expect(id).toBe(`${bed.opened.store.epoch()}.${cursor}`);
    }
    expect(bed.test.host.turnLog.tail.openLogs).toBe(0);
  });

  it("A37: a second viewer who joins in mid-turn sees the whole turn, by one loop for both", async () => {
    const { operator, turnId, read } = await begun();
    await operator.append(turnId, texts(1, 3));
    const first = read();
    await first.until((frames) => seqsIn(frames).length === 3);
    const second = read();
    await operator.append(turnId, [...texts(4, 4), end(5)]);
    await Promise.all([first.ended, second.ended]);
    expect(seqsIn(second.frames)).toEqual(range(1, 5));
    expect(seqsIn(first.frames)).toEqual(range(1, 5));
  });

  it("T6: goes on from the cursor of a read without a gap and without a repetition", async () => {
    const { operator, turnId, read, scope } = await begun();
    await operator.append(turnId, texts(1, 4));
    const { cursor, text } = await bed.test.host.turns.get(scope, turnId);
    const stream = read(cursor);
    await operator.append(turnId, [...texts(5, 6), end(7)]);
    await stream.ended;
    expect(text).toBe("1 2 3 4 ");
    expect(seqsIn(stream.frames)).toEqual([5, 6, 7]);
  });

  it.each(["", "nonsense", "99.1", "0.1", "1.1x", "ahead"])(
    "T5: answers the cursor %j with a resync from the start, then the whole log",
    async (given) => {
      const { operator, turnId, read } = await begun();
      await operator.append(turnId, [...texts(1, 2), end(3)]);
      const stream = read(given === "ahead" ? `${bed.opened.store.epoch()}.4` : given);
      expect(await stream.ended).toBeNull();
      expect(stream.frames[0]).toEqual({
        cursor: `${bed.opened.store.epoch()}.0`,
        frame: { type: "resync", from: "start", reason: "unknown-cursor" },
      });
      expect(seqsIn(stream.frames)).toEqual([1, 2, 3]);
    },
  );

  it("T5: leads a late reader to the record when the log was pruned, whatever its cursor is", async () => {
    const { operator, turnId, read, scope } = await begun();
    await operator.append(turnId, [...texts(1, 4), end(5)]);
    await pruneTurns();
    const epoch = bed.opened.store.epoch();
    const cursors = [
      [undefined, "pruned"],
      [`${epoch}.0`, "pruned"],
      [`${epoch}.3`, "pruned"],
      [`${epoch}.6`, "unknown-cursor"],
      ["99.1", "unknown-cursor"],
      ["x", "unknown-cursor"],
    ] as const;
    for (const [cursor, reason] of cursors) {
      const stream = read(cursor);
      expect(await stream.ended).toBeNull();
      expect(stream.frames).toEqual([{ cursor: `${epoch}.5`, frame: { type: "resync", from: "record", reason } }]);
    }
    expect(await bed.test.host.turns.get(scope, turnId)).toMatchObject({ text: "1 2 3 4 ", cursor: `${epoch}.5` });
    // At the head there was nothing to lose.
    const done = read(`${epoch}.5`);
    expect(await done.ended).toBeNull();
    expect(done.frames).toEqual([]);
  });

  it("completes at once for a reader who has all of a turn that ended", async () => {
    const { operator, turnId, read } = await begun();
    await operator.append(turnId, [...texts(1, 1), end(2)]);
    const stream = read(`${bed.opened.store.epoch()}.2`);
    expect(await stream.ended).toBeNull();
    expect(stream.frames).toEqual([]);
  });

  it("brings the host's own end to a viewer who waits", async () => {
    const { operator, turnId, read, scope } = await begun();
    await operator.append(turnId, texts(1, 1));
    const stream = read();
    await stream.until((frames) => seqsIn(frames).length === 1);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    await bed.test.host.turns.stop(scope, turnId);
    expect(await stream.ended).toBeNull();
    expect(stream.frames.at(-1)?.frame).toMatchObject({
      type: "entries",
      entries: [{ kind: "turn-end", outcome: "cancelled" }],
    });
  });

  it("brings a log that is longer than the ring and than a frame, whole", async () => {
    const { operator, turnId, read } = await begun();
    const length = Math.ceil(TURN_RING_LENGTH / 1_000) + 300;
    for (let first = 1; first <= length; first += 200) {
      const entries = texts(first, Math.min(first + 199, length));
      await operator.append(
        turnId,
        entries.map((entry) => ({ ...entry, text: "x".repeat(1_000) })),
      );
    }
    const early = read();
    await early.until((frames) => seqsIn(frames).length === length);
    await operator.append(turnId, [end(length + 1)]);
    await early.ended;
    const late = read();
    await late.ended;
    for (const { frames } of [early, late]) {
      expect(seqsIn(frames)).toEqual(range(1, length + 1));
      expect(
        Math.max(...frames.map(({ frame }) => (frame.type === "entries" ? frame.entries.length : 0))),
      ).toBeLessThanOrEqual(TURN_FRAME_ENTRIES);
    }
  });

  it("[TU8] brings a long turn in few frames where deltas are rolled up, from any place, also to a second viewer", async () => {
    const { operator, turnId, read } = await begun();
    const length = 3_000;
    for (let first = 1; first <= length; first += 250) await operator.append(turnId, texts(first, first + 249));
    await operator.append(turnId, [end(length + 1)]);
    const said = (frames: Frames) =>
      frames
        .flatMap(({ frame }) => (frame.type === "entries" ? frame.entries : []))
        .map((entry) => (entry.kind === "text-delta" ? entry.text : ""))
        .join("");
    const all = range(1, length).map((seq) => `${seq} `);
    for (const from of [0, 0, 1, 1_023, 1_024, 2_999]) {
      const stream = read(`${bed.opened.store.epoch()}.${from}`, true);
      expect(await stream.ended).toBeNull();
      expect(said(stream.frames)).toBe(all.slice(from).join(""));
      // One more where a page of the store ends.
      expect(stream.frames.length).toBeLessThanOrEqual(5);
      expect(stream.frames[0]?.frame).toMatchObject({ type: "entries", first: from + 1 });
      expect(stream.frames.at(-1)?.frame).toMatchObject({ last: length + 1 });
    }
  });

  it.each(["draining", "evicted", "expired"] satisfies CloseCode[])(
    "closes with %s, then as an abort",
    async (code) => {
      const { operator, turnId, read } = await begun();
      await operator.append(turnId, texts(1, 1));
      const stream = read();
      await stream.until((frames) => seqsIn(frames).length === 1);
      stream.slot.close(code);
      expect(await stream.ended).toMatchObject({ name: "AbortError" });
      expect(stream.frames.at(-1)).toEqual({ cursor: `${bed.opened.store.epoch()}.1`, frame: { type: "close", code } });
    },
  );

  it("S4: ends for a viewer who was removed from the workspace", async () => {
    const { id, operator, turnId } = await begun();
    const member = await bed.test.person(id, "viewer");
    const stream = readTurn(bed.test, member, { scope: await bed.test.scope(member, id), turnId });
    await operator.append(turnId, texts(1, 1));
    await stream.until((frames) => seqsIn(frames).length === 1);
    await bed.test.host.workspaces.removeMember({ workspaceId: id, userId: member.id });
    // Sooner than the heartbeat, which would find it out as well.
    await stream.until((frames) => frames.some(({ frame }) => frame.type === "close"));
    expect(stream.frames.at(-1)?.frame).toEqual({ type: "close", code: "not-found" });
  });

  it("ends when a viewer is gone while the agent says nothing, and leaves no loop behind", async () => {
    const { read } = await begun();
    const stream = read();
    await eventually(() => bed.test.host.turnLog.tail.openLogs === 1);
    expect(await stream.leave()).toBeNull();
    expect(bed.test.host.turnLog.tail.openLogs).toBe(0);
  });

  it("T1, A30: cut anywhere, any number of times, while it is written: the parts make the uncut log", async () => {
    const plans = fc.sample(
      fc.record({
        batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
        cuts: fc.array(fc.nat(4), { maxLength: 8 }),
      }),
      6,
    );
    for (const { batches, cuts } of plans) {
      const { operator, turnId, read } = await begun();
      const writing = (async () => {
        let last = 0;
        for (const size of batches) {
          await operator.append(turnId, texts(last + 1, last + size));
          last += size;
        }
        await operator.append(turnId, [end(last + 1)]);
        return last + 1;
      })();
      const seen: number[] = [];
      let cursor: string | undefined;
      for (const frames of [...cuts, null]) {
        const stream = read(cursor);
        let isEnded = false;
        void stream.ended.then(() => {
          isEnded = true;
        });
        // Cut after so many frames, wherever the writer stands.
        await eventually(() => isEnded || (frames !== null && stream.frames.length >= frames));
        await stream.leave();
        seen.push(...seqsIn(stream.frames));
        cursor = stream.frames.at(-1)?.cursor ?? cursor;
      }
      const length = await writing;
      expect(seen).toEqual(range(1, length));
    }
  });

  it("is closed with not-found when there is no such turn", async () => {
    const { owner, scope } = await bed.test.workspace();
    const stream = readTurn(bed.test, owner, { scope, turnId: "none" });
    expect(await stream.ended).toBeNull();
    expect(given(stream.frames[0]).frame).toEqual({ type: "close", code: "not-found" });
  });
});
