import { eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import type { Scope } from "../access/scope.ts";
import { logEntry, operatorCommand, outbox, outboxHead, turn } from "./schema.ts";
import { prune } from "./prune.ts";

const KEEP_ALL = { outboxMs: 1e12, outboxRows: 1e9, turnLogMs: 1e12 };
const HOUR = 3_600_000;

describeHosts("pruning", (bed) => {
  const outboxOf = ({ workspaceId }: Scope) =>
    bed.opened.store.system(async (tx) => {
      const [head] = await tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId));
      const rows = await tx
        .select({ seq: outbox.seq })
        .from(outbox)
        .where(eq(outbox.workspaceId, workspaceId))
        .orderBy(outbox.seq);
      return { ...given(head), seqs: rows.map((row) => row.seq) };
    });
  const touch = (scope: Scope) => bed.test.host.initiatives.create(scope, { title: "T", description: "" });

  it("forgets signals by their number and by their age, and says by the floor how far", async () => {
    const { scope } = await bed.test.workspace();
    for (let index = 0; index < 6; index++) await touch(scope);
    const before = await outboxOf(scope);
    await prune(bed.opened.store, KEEP_ALL);
    expect(await outboxOf(scope)).toEqual(before);
    await prune(bed.opened.store, { ...KEEP_ALL, outboxRows: 4 });
    expect(await outboxOf(scope)).toMatchObject({
      seq: before.seq,
      floor: before.seq - 4,
      seqs: before.seqs.slice(-4),
    });
    await bed.opened.store.system(async (tx) => {
      await tx
        .update(outbox)
        .set({ at: new Date(Date.now() - 3 * HOUR) })
        .where(sql`${outbox.workspaceId} = ${scope.workspaceId} and ${outbox.seq} <= ${before.seq - 2}`);
    });
    await prune(bed.opened.store, { ...KEEP_ALL, outboxMs: 2 * HOUR });
    expect(await outboxOf(scope)).toMatchObject({ floor: before.seq - 2, seqs: before.seqs.slice(-2) });
    // Never back, whatever the limits are.
    await prune(bed.opened.store, KEEP_ALL);
    expect((await outboxOf(scope)).floor).toBe(before.seq - 2);
    await prune(bed.opened.store, { ...KEEP_ALL, outboxRows: 0 });
    expect(await outboxOf(scope)).toMatchObject({ seq: before.seq, floor: before.seq, seqs: [] });
    await touch(scope);
    expect((await outboxOf(scope)).seqs).toEqual([before.seq + 1]);
  });

  it("keeps the floor right while others write", async () => {
    const { scope } = await bed.test.workspace();
    const writing = Promise.all(Array.from({ length: 20 }, () => touch(scope)));
    for (let round = 0; round < 5; round++) await prune(bed.opened.store, { ...KEEP_ALL, outboxRows: 3 });
    await writing;
    const { seq, floor, seqs } = await outboxOf(scope);
    expect(seqs).toEqual(Array.from({ length: seq - floor }, (_, index) => floor + 1 + index));
  });

  it("forgets the log of a turn that ended long ago and keeps its record; a turn under way keeps all", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const [ended, running] = [await startTurn(bed.test, scope), await startTurn(bed.test, scope)];
    await operator.append(ended.turnId, [...texts(1, 2), end(3)]);
    await operator.append(running.turnId, texts(1, 2));
    const entriesOf = (turnId: string) =>
      bed.opened.store.system(
        async (tx) =>
          (
            await tx
              .select()
              .from(logEntry)
              .where(eq(logEntry.log, `turn:${turnId}`))
          ).length,
      );
    await prune(bed.opened.store, { ...KEEP_ALL, turnLogMs: 2 * HOUR }, Date.now() + HOUR);
    expect(await entriesOf(ended.turnId)).toBe(3);
    await prune(bed.opened.store, { ...KEEP_ALL, turnLogMs: 2 * HOUR }, Date.now() + 3 * HOUR);
    expect([await entriesOf(ended.turnId), await entriesOf(running.turnId)]).toEqual([0, 2]);
    const [row] = await bed.opened.store.system((tx) => tx.select().from(turn).where(eq(turn.id, ended.turnId)));
    expect(row).toMatchObject({
      floor: 3,
      lastSeq: 3,
      record: { parts: [{ text: "1 2 " }], end: { outcome: "completed" } },
    });
  });

  it("forgets the logs of turns that went with their plan, and commands that were answered long ago", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, planId } = await startTurn(bed.test, scope);
    await operator.append(turnId, [end(1)]);
    const waiting = await startTurn(bed.test, scope);
    await bed.test.host.plans.remove(scope, planId);
    await prune(bed.opened.store, { ...KEEP_ALL, turnLogMs: 0 }, Date.now() + HOUR);
    expect(
      await bed.opened.store.system((tx) =>
        tx
          .select()
          .from(logEntry)
          .where(eq(logEntry.log, `turn:${turnId}`)),
      ),
    ).toEqual([]);
    const commands = await bed.opened.store.system((tx) =>
      tx.select().from(operatorCommand).where(eq(operatorCommand.operatorId, operator.identity.id)),
    );
    expect(commands.map((row) => row.turnId)).toEqual([waiting.turnId]);
  });
});
