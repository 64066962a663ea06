import { readEntry } from "@signalbox/catalog/turn-entry";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, startTurn, texts, type SentEntry } from "../../test/operator-fixture.ts";
import { logEntry, run, turn } from "../store/schema.ts";
import { createIngest } from "./ingest.ts";
import { startReaper } from "./reaper.ts";
import { readEntries } from "./turn-log.ts";

describeHosts("the ingest of a turn's entries", (bed) => {
  const logOf = (turnId: string) => bed.opened.store.system((tx) => readEntries(tx, turnId));
  const seqsOf = async (turnId: string) => (await logOf(turnId)).map((entry) => entry.seq);
  const rowOf = (turnId: string) =>
    bed.opened.store.system(async (tx) => given((await tx.select().from(turn).where(eq(turn.id, turnId)))[0]));
  const lapse = (turnId: string) =>
    bed.opened.store.system(async (tx) => {
      await tx
        .update(turn)
        .set({ leaseUntil: new Date(0) })
        .where(eq(turn.id, turnId));
    });

  async function begun(entries: SentEntry[] = []) {
    const { id, scope, owner } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const started = await startTurn(bed.test, scope);
    if (entries.length > 0) {
      expect(await operator.append(started.turnId, entries)).toEqual({
        verdict: "stored",
        ackedSeq: given(entries.at(-1)).seq,
      });
    }
    return { id, scope, owner, operator, ...started };
  }

  /** What the host has, what comes, and what it answers. `stored`: what the log has afterwards. */
  const cases: { name: string; has: SentEntry[]; sent: SentEntry[]; verdict: string; acked: number; stored: number }[] =
    [
      { name: "the first entries", has: [], sent: texts(1, 3), verdict: "stored", acked: 3, stored: 3 },
      { name: "the next entries", has: texts(1, 3), sent: texts(4, 5), verdict: "stored", acked: 5, stored: 5 },
      { name: "a duplicate", has: texts(1, 3), sent: texts(2, 3), verdict: "stored", acked: 3, stored: 3 },
      { name: "an overlap", has: texts(1, 3), sent: texts(2, 5), verdict: "stored", acked: 5, stored: 5 },
      { name: "a gap", has: texts(1, 3), sent: texts(5, 6), verdict: "gap", acked: 3, stored: 3 },
      { name: "a gap at the start", has: [], sent: texts(2, 3), verdict: "gap", acked: 0, stored: 0 },
      { name: "a gap inside", has: [], sent: [...texts(1, 2), ...texts(4, 4)], verdict: "gap", acked: 0, stored: 0 },
      {
        name: "a repetition inside",
        has: [],
        sent: [...texts(1, 2), ...texts(2, 3)],
        verdict: "gap",
        acked: 0,
        stored: 0,
      },
      {
        name: "a known sequence with other content",
        has: texts(1, 3),
        sent: [{ ...given(texts(3, 3)[0]), text: "other" }, ...texts(4, 4)],
        verdict: "diverged",
        acked: 3,
        stored: 3,
      },
      {
        name: "a known sequence at another time",
        has: texts(1, 3),
        sent: [{ ...given(texts(3, 3)[0]), at: 7 }],
        verdict: "diverged",
        acked: 3,
        stored: 3,
      },
      {
        name: "entries up to the end",
        has: texts(1, 2),
        sent: [...texts(3, 3), end(4)],
        verdict: "stored",
        acked: 4,
        stored: 4,
      },
      { name: "nothing but the end", has: [], sent: [end(1)], verdict: "stored", acked: 1, stored: 1 },
      {
        name: "entries after the end",
        has: [...texts(1, 1), end(2)],
        sent: texts(3, 3),
        verdict: "closed",
        acked: 2,
        stored: 2,
      },
      {
        name: "entries after the end, in one append with it",
        has: texts(1, 1),
        sent: [end(2), ...texts(3, 3)],
        verdict: "diverged",
        acked: 1,
        stored: 1,
      },
      { name: "two ends", has: texts(1, 1), sent: [end(2), end(3)], verdict: "diverged", acked: 1, stored: 1 },
      {
        name: "the same end again",
        has: [...texts(1, 1), end(2)],
        sent: [end(2)],
        verdict: "stored",
        acked: 2,
        stored: 2,
      },
      {
        name: "another end",
        has: [...texts(1, 1), end(2)],
        sent: [end(2, "failed")],
        verdict: "closed",
        acked: 2,
        stored: 2,
      },
    ];
  it.each(cases)("[OP3] [OP5] T1: answers $name with $verdict", async ({ has, sent, verdict, acked, stored }) => {
    const { operator, turnId } = await begun(has);
    expect(await operator.append(turnId, sent)).toEqual({ verdict, ackedSeq: acked });
    expect(await seqsOf(turnId)).toEqual(Array.from({ length: stored }, (_, index) => index + 1));
    expect((await rowOf(turnId)).lastSeq).toBe(stored);
  });

  it("T3: answers an operator's entries after the host's own end with closed, and stores none of them", async () => {
    const { operator, turnId, scope } = await begun(texts(1, 2));
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect(await bed.test.host.turns.stop(scope, turnId)).toEqual({ outcome: "cancelled" });
    await operator.hello();
    expect(await operator.append(turnId, [...texts(3, 3), end(4)])).toEqual({ verdict: "closed", ackedSeq: 3 });
    // Overlapping what is there before the host's end makes no difference.
    expect(await operator.append(turnId, [...texts(2, 2), end(3)])).toEqual({ verdict: "closed", ackedSeq: 3 });
    expect((await logOf(turnId)).map((entry) => entry.kind)).toEqual(["text-delta", "text-delta", "turn-end"]);
  });

  it("T5: acknowledges again what was acknowledged before the log was pruned", async () => {
    const { operator, turnId } = await begun([...texts(1, 2), end(3)]);
    await bed.opened.store.system(async (tx) => {
      await tx.update(turn).set({ floor: 3 }).where(eq(turn.id, turnId));
      await tx.delete(logEntry).where(eq(logEntry.log, `turn:${turnId}`));
    });
    expect(await operator.append(turnId, [...texts(2, 2), end(3)])).toEqual({ verdict: "stored", ackedSeq: 3 });
    expect(await operator.append(turnId, texts(4, 4))).toEqual({ verdict: "closed", ackedSeq: 3 });
  });

  it("O4: knows nothing of a turn of another operator, of another workspace, or of no one", async () => {
    const { id, turnId } = await begun(texts(1, 1));
    const colleague = await enroll(bed.test, id);
    const stranger = await enroll(bed.test, (await bed.test.workspace()).id);
    for (const other of [colleague, stranger]) {
      expect(await other.append(turnId, texts(2, 2))).toEqual({ verdict: "unknown", ackedSeq: 0 });
      expect((await other.hello([{ turnId, lastSeq: 5 }])).turns).toEqual([{ turnId, ackedSeq: 0, state: "unknown" }]);
    }
    expect(await colleague.append("no such turn", texts(1, 1))).toEqual({ verdict: "unknown", ackedSeq: 0 });
    expect(await seqsOf(turnId)).toEqual([1]);
  });

  it("O2: fences the appends of an older connection, of one that never said hello, and of a revoked operator", async () => {
    const { operator, turnId } = await begun(texts(1, 1));
    const older = operator.generation;
    const { turns } = await operator.hello([{ turnId, lastSeq: 9 }]);
    expect(turns).toEqual([{ turnId, ackedSeq: 1, state: "open" }]);
    expect(await operator.append(turnId, texts(2, 2), older)).toEqual({ verdict: "fenced", ackedSeq: 1 });
    expect(await operator.append(turnId, texts(2, 2), 0)).toEqual({ verdict: "fenced", ackedSeq: 1 });
    expect(await operator.append(turnId, texts(2, 2))).toEqual({ verdict: "stored", ackedSeq: 2 });
    await bed.test.host.operators.revoke(operator.identity.id);
    expect(await operator.append(turnId, texts(3, 3))).toEqual({ verdict: "fenced", ackedSeq: 2 });
    expect(await seqsOf(turnId)).toEqual([1, 2]);
  });

  it("stores what PostgreSQL's JSON can't hold as what is nearest to it, and knows it again", async () => {
    const { operator, turnId } = await begun();
    let deep: unknown = "bottom";
    for (let level = 0; level < 5_000; level++) deep = level % 2 ? [deep] : { inner: deep };
    const odd: SentEntry[] = [
      { seq: 1, at: 1, kind: "text-delta", text: "a\0b\uD800c\uDC00" },
      {
        seq: 2,
        at: 2,
        kind: "raw",
        source: "s\0",
        type: "t",
        value: { "k\0\uDFFF": ["\0"], n: Number.NaN, u: undefined },
      },
      {
        seq: 3,
        at: 3,
        kind: "tool-call",
        callId: "c",
        input: { big: 12345678901234567890n, at: new Date(0), set: new Set([1]), map: new Map([["k", 1n]]) },
      },
      { seq: 4, at: 4, kind: "tool-call", callId: "d", output: deep },
      {
        seq: 5,
        at: 5,
        kind: "tool-call",
        callId: "e",
        output: JSON.parse('{"__proto__": {"x": 1}, "e": 1e308, "z": -0, "s": 5e-324}') as unknown,
      },
    ];
    expect(await operator.append(turnId, odd)).toEqual({ verdict: "stored", ackedSeq: 5 });
    expect(await operator.append(turnId, odd)).toEqual({ verdict: "stored", ackedSeq: 5 });
    const stored = await logOf(turnId);
    expect(stored[0]).toMatchObject({ text: "a\uFFFDb\uFFFDc\uFFFD" });
    expect(stored[1]).toMatchObject({ value: { "k\uFFFD\uFFFD": ["\uFFFD"], n: null } });
    expect(stored[2]).toMatchObject({
      input: { big: "12345678901234567890", at: "1970-01-01T00:00:00.000Z", set: [1], map: { k: "1" } },
    });
    expect(JSON.stringify(stored[3])).toContain("(nested too deep)");
  });

  it("[OP9] keeps an entry of a kind that it does not know, whole, as raw", async () => {
    const { operator, turnId } = await begun();
    const strange = { seq: 1, at: 1, kind: "hologram", depth: 3, parts: [{ x: 1 }] };
    expect((await operator.append(turnId, [strange])).verdict).toBe("stored");
    expect((await operator.append(turnId, [strange])).verdict).toBe("stored");
    expect(await logOf(turnId)).toEqual([
      {
        seq: 1,
        at: 1,
        kind: "raw",
        source: "operator",
        type: "hologram",
        value: { kind: "hologram", depth: 3, parts: [{ x: 1 }] },
      },
    ]);
    expect(readEntry({ kind: "hologram" }).kind).toBe("raw");
  });

  it("commits the appends of one pause together, and answers each by itself", async () => {
    const { id, scope, operator } = await begun();
    const turns = [];
    for (let index = 0; index < 4; index++) turns.push(await startTurn(bed.test, scope));
    const stranger = await enroll(bed.test, id);
    const answers = await Promise.all([
      ...turns.map(({ turnId }) => operator.append(turnId, texts(1, 2))),
      operator.append(given(turns[0]).turnId, texts(1, 3)),
      operator.append(given(turns[1]).turnId, texts(9, 9)),
      stranger.append(given(turns[2]).turnId, texts(1, 1)),
    ]);
    expect(answers.map(({ verdict, ackedSeq }) => `${verdict} ${ackedSeq}`)).toEqual([
      ...turns.map(() => "stored 2"),
      "stored 3",
      "gap 2",
      "unknown 0",
    ]);
  });

  it("lets an append that the store refuses fail alone: the others of its group are stored", async () => {
    const { scope, operator } = await begun();
    const [good, bad, alsoGood] = [
      await startTurn(bed.test, scope),
      await startTurn(bed.test, scope),
      await startTurn(bed.test, scope),
    ];
    // A time that no column takes: whatever passes the border, one turn's must not be another's harm.
    const answers = await Promise.allSettled([
      operator.append(good.turnId, texts(1, 2)),
      operator.append(bad.turnId, [{ seq: 1, at: 1e300, kind: "text-delta", text: "x" }]),
      operator.append(alsoGood.turnId, texts(1, 2)),
    ]);
    expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value.verdict : "rejected"))).toEqual([
      "stored",
      "rejected",
      "stored",
    ]);
    expect(await seqsOf(bad.turnId)).toEqual([]);
  });

  it("lets a later append of one group commit see what an earlier one added", async () => {
    const { operator, turnId } = await begun();
    const verdicts = await Promise.all([
      operator.append(turnId, texts(1, 3)),
      operator.append(turnId, texts(2, 5)),
      operator.append(turnId, [{ ...given(texts(5, 5)[0]), text: "other" }]),
      operator.append(turnId, texts(9, 9)),
      operator.append(turnId, [end(6)]),
      operator.append(turnId, texts(7, 7)),
      operator.append(turnId, texts(4, 5)),
    ]);
    expect(verdicts).toEqual([
      { verdict: "stored", ackedSeq: 3 },
      { verdict: "stored", ackedSeq: 5 },
      { verdict: "diverged", ackedSeq: 5 },
      { verdict: "gap", ackedSeq: 5 },
      { verdict: "stored", ackedSeq: 6 },
      { verdict: "closed", ackedSeq: 6 },
      { verdict: "stored", ackedSeq: 6 },
    ]);
    expect(await seqsOf(turnId)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await rowOf(turnId)).toMatchObject({ status: "completed", lastSeq: 6, outcome: "completed" });
  });

  it("[OP4] T2: answers only after the commit: what was acknowledged is there for anybody at that moment", async () => {
    const { operator, turnId } = await begun();
    for (let seq = 1; seq <= 10; seq++) {
      const { ackedSeq } = await operator.append(turnId, texts(seq, seq));
      expect((await rowOf(turnId)).lastSeq).toBe(ackedSeq);
      expect((await seqsOf(turnId)).at(-1)).toBe(ackedSeq);
    }
  });

  it("T2: acknowledges nothing when the commit fails", async () => {
    const { operator, turnId } = await begun(texts(1, 1));
    const { store } = bed.opened;
    const failing = createIngest({
      ...store,
      system: (fn) =>
        store.system(async (tx) => {
          await fn(tx);
          throw new Error("lost at commit");
        }),
    });
    const append = failing.append(operator.identity.id, {
      generation: operator.generation,
      turnId,
      entries: texts(2, 2),
    });
    await expect(append).rejects.toThrow("lost at commit");
    expect(await seqsOf(turnId)).toEqual([1]);
    await failing.stop();
  });

  it("commits what waits when it is stopped, and takes no more", async () => {
    const { operator, turnId } = await begun();
    const ingest = createIngest(bed.opened.store);
    const input = { generation: operator.generation, turnId, entries: texts(1, 1) };
    const waiting = ingest.append(operator.identity.id, input);
    await ingest.stop();
    expect(await waiting).toEqual({ verdict: "stored", ackedSeq: 1 });
    await expect(ingest.append(operator.identity.id, input)).rejects.toThrow("going away");
  });

  it("T3: writes exactly one end in a race of reaper, stop and operator", async () => {
    const { store } = bed.opened;
    const reaper = await startReaper({ store, onError: () => {} });
    for (let round = 0; round < 12; round++) {
      const { operator, turnId, runId, scope } = await begun(texts(1, 2));
      if (round % 3 === 0) await bed.test.host.operators.disconnected(operator.identity, operator.generation);
      await lapse(turnId);
      const results = await Promise.all([
        operator.append(turnId, [end(3, round % 2 ? "completed" : "failed")]),
        bed.test.host.turns.stop(scope, turnId),
        reaper.tick(),
        operator.append(turnId, [...texts(3, 3), end(4)]),
      ]);
      const log = await logOf(turnId);
      expect(log.filter((entry) => entry.kind === "turn-end")).toHaveLength(1);
      expect(log.at(-1)).toMatchObject({ kind: "turn-end" });
      const row = await rowOf(turnId);
      const outcome = row.outcome;
      expect(log.at(-1)).toMatchObject({ outcome });
      expect(results[1]).toEqual({ outcome });
      expect(row).toMatchObject({
        lastSeq: log.length,
        status: outcome === "failed" ? "failed" : "completed",
        record: { end: { outcome } },
      });
      const [ran] = await store.system((tx) => tx.select().from(run).where(eq(run.id, runId)));
      expect(ran).toMatchObject({ state: "finished", outcome });
    }
    await reaper.stop();
  });
});
