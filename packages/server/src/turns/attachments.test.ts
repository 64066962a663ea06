import { ATTACHMENT_PIECES_PER_TURN, ATTACHMENT_PIECES_READ } from "@signalbox/catalog/bounds";
import { eq, like, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { end, enroll, startTurn, type TestOperator } from "../../test/operator-fixture.ts";
import { logEntry, turn } from "../store/schema.ts";
import { prune } from "../store/prune.ts";

const DAY = 86_400_000;

describeHosts("attachments", (bed) => {
  const append = (
    operator: TestOperator,
    turnId: string,
    piece: number,
    { isLast = false, text = `piece ${piece}; `, generation = operator.generation, attachmentId = "a1" } = {},
  ) =>
    bed.test.host.attachments.append(operator.identity.id, {
      generation,
      turnId,
      attachmentId,
      piece,
      text,
      isLast,
    });
  const scene = async () => {
    const workspace = await bed.test.workspace();
    const operator = await enroll(bed.test, workspace.id);
    return { ...workspace, operator, ...(await startTurn(bed.test, workspace.scope)) };
  };

  it("[OP16] takes pieces at exactly the next one, a repeated one once, and says where to go on after a gap", async () => {
    const { operator, turnId, scope } = await scene();
    expect(await append(operator, turnId, 2)).toEqual({ verdict: "gap", stored: 0 });
    expect(await append(operator, turnId, 1)).toEqual({ verdict: "stored", stored: 1 });
    expect(await append(operator, turnId, 2)).toEqual({ verdict: "stored", stored: 2 });
    expect(await append(operator, turnId, 1, { text: "another" })).toEqual({ verdict: "stored", stored: 2 });
    expect(await append(operator, turnId, 4)).toEqual({ verdict: "gap", stored: 2 });
    const read = (after: number) => bed.test.host.attachments.read(scope, { turnId, attachmentId: "a1", after });
    expect(await read(0)).toEqual({ text: "piece 1; piece 2; ", last: 2, isWhole: false });
    expect(await append(operator, turnId, 3, { isLast: true })).toEqual({ verdict: "stored", stored: 3 });
    expect(await read(2)).toEqual({ text: "piece 3; ", last: 3, isWhole: true });
  });

  it("[OP16] stores a piece once that comes several times at the same instant", async () => {
    const { operator, turnId, scope } = await scene();
    for (const piece of [1, 2]) {
      const answers = await Promise.all(Array.from({ length: 6 }, () => append(operator, turnId, piece)));
      expect(answers).toEqual(answers.map(() => ({ verdict: "stored", stored: piece })));
    }
    expect(await bed.test.host.attachments.read(scope, { turnId, attachmentId: "a1", after: 0 })).toMatchObject({
      text: "piece 1; piece 2; ",
      last: 2,
    });
  });

  it("[OP16] takes none of a fenced connection, of another operator, or for a turn that is not its own", async () => {
    const { operator, turnId, id } = await scene();
    const before = operator.generation;
    await operator.hello();
    expect(await append(operator, turnId, 1, { generation: before })).toMatchObject({ verdict: "fenced" });
    const another = await enroll(bed.test, id);
    expect(await append(another, turnId, 1)).toEqual({ verdict: "unknown", stored: 0 });
    expect(await append(operator, "none", 1)).toEqual({ verdict: "unknown", stored: 0 });
    expect(await append(operator, turnId, 1)).toMatchObject({ verdict: "stored" });
  });

  it("[OP16] takes no more pieces of a turn than it may have, whichever attachments they are of", async () => {
    const { operator, turnId } = await scene();
    await append(operator, turnId, 1);
    await bed.opened.store.system((tx) =>
      tx.execute(sql`insert into log_entry (log, seq, workspace_id, at, body)
        select ${`attachment:${turnId}/a99`}, n.piece, workspace_id, at, body
        from log_entry, generate_series(1, ${ATTACHMENT_PIECES_PER_TURN - 2}::int) as n(piece)
        where log = ${`attachment:${turnId}/a1`}`),
    );
    expect(await append(operator, turnId, 2)).toEqual({ verdict: "stored", stored: 2 });
    await expect(append(operator, turnId, 3)).rejects.toMatchObject({ code: "too-large" });
    await expect(append(operator, turnId, 1, { attachmentId: "a2" })).rejects.toMatchObject({ code: "too-large" });
    // What is there is acknowledged as ever.
    expect(await append(operator, turnId, 2)).toEqual({ verdict: "stored", stored: 2 });
  });

  it("of a workspace that has more than it may, the oldest are dropped, each as a whole; no other workspace loses any", async () => {
    const { operator, turnId, scope } = await scene();
    const other = await scene();
    await append(other.operator, other.turnId, 1, { isLast: true });
    for (const attachmentId of ["a1", "a2", "a3"]) {
      for (const piece of [1, 2]) await append(operator, turnId, piece, { isLast: piece === 2, attachmentId });
      await bed.opened.store.system((tx) =>
        tx.execute(sql`update log_entry set at = at - 1000 where log like ${`attachment:${turnId}/%`}`),
      );
    }
    await prune(bed.opened.store, { attachmentPieces: 5 });
    const { attachments } = bed.test.host;
    const read = (attachmentId: string) => attachments.read(scope, { turnId, attachmentId, after: 0 });
    await expect(read("a1")).rejects.toMatchObject({ code: "not-found" });
    for (const id of ["a2", "a3"]) expect(await read(id)).toMatchObject({ text: "piece 1; piece 2; ", isWhole: true });
    expect(await attachments.read(other.scope, { turnId: other.turnId, attachmentId: "a1", after: 0 })).toMatchObject({
      isWhole: true,
    });
  });

  it("is read in parts, by nobody of another workspace, and an unknown one is not found", async () => {
    const { operator, turnId, scope } = await scene();
    const pieces = ATTACHMENT_PIECES_READ + 3;
    for (let piece = 1; piece <= pieces; piece++) await append(operator, turnId, piece, { isLast: piece === pieces });
    const { attachments } = bed.test.host;
    let [text, after, reads] = ["", 0, 0];
    for (let isWhole = false; !isWhole; reads++) {
      const part = await attachments.read(scope, { turnId, attachmentId: "a1", after });
      text += part.text;
      ({ last: after, isWhole } = part);
    }
    expect([text, reads]).toEqual([Array.from({ length: pieces }, (_, index) => `piece ${index + 1}; `).join(""), 2]);
    await expect(attachments.read(scope, { turnId, attachmentId: "a2", after: 0 })).rejects.toMatchObject({
      code: "not-found",
    });
    const stranger = await bed.test.workspace();
    await expect(attachments.read(stranger.scope, { turnId, attachmentId: "a1", after: 0 })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("outlives its turn's log for a month, then goes; that of a removed plan goes with it", async () => {
    const { operator, turnId, scope, planId } = await scene();
    const { store } = bed.opened;
    const rows = async () =>
      (
        await store.system((tx) =>
          tx
            .select()
            .from(logEntry)
            .where(like(logEntry.log, `attachment:${turnId}/%`)),
        )
      ).length;
    await append(operator, turnId, 1, { isLast: true });
    await operator.append(turnId, [end(1)]);
    await prune(store, {}, Date.now() + 2 * DAY);
    expect(await rows()).toBe(1);
    await prune(store, {}, Date.now() + 31 * DAY);
    expect(await rows()).toBe(0);
    await append(operator, turnId, 1, { isLast: true });
    expect(await rows()).toBe(1);
    await bed.test.host.plans.remove(scope, planId);
    expect(await store.system((tx) => tx.select().from(turn).where(eq(turn.id, turnId)))).toEqual([]);
    await prune(store);
    expect(await rows()).toBe(0);
  });
});
