import { parseCursor } from "@signalbox/catalog/cursor";
import { TURN_VIEW_MAX_LENGTH } from "@signalbox/catalog/bounds";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { end, enroll, startTurn, type SentEntry } from "../../test/operator-fixture.ts";
import { foldLog } from "./turn-record.ts";
import { readEntries } from "./turn-log.ts";

const SIZE = 60_000;

function heavy(first: number, last: number): SentEntry[] {
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const seq = first + index;
    return { seq, at: 1, kind: "text-delta", text: `${seq} `.padEnd(SIZE, "x") };
  });
}

describeHosts("what a turn's log comes to", (bed) => {
  it("T6: is bounded: a view is told with the position that it ends at, a record with a notice; the log stays whole", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    const count = Math.ceil(TURN_VIEW_MAX_LENGTH / SIZE) + 20;
    const batches = Array.from({ length: Math.ceil(count / 4) }, (_, index) =>
      heavy(4 * index + 1, Math.min(4 * index + 4, count)),
    );
    await Promise.all(batches.map((entries) => operator.append(turnId, entries)));

    const running = await bed.test.host.turns.get(scope, turnId);
    const position = parseCursor(running.cursor)?.seq ?? 0;
    expect(position).toBeLessThan(count);
    expect(running.text.length).toBe(position * SIZE);
    expect(running.text.length).toBeGreaterThan(TURN_VIEW_MAX_LENGTH - 3 * SIZE);
    expect(running.text.slice(-SIZE)).toMatch(new RegExp(`^${position} `));

    await operator.append(turnId, [end(count + 1)]);
    const ended = await bed.test.host.turns.get(scope, turnId);
    expect(ended).toMatchObject({ status: "completed", view: { end: { outcome: "completed" } } });
    expect(parseCursor(ended.cursor)?.seq).toBe(count + 1);
    expect(JSON.stringify(ended.view).length).toBeLessThan(TURN_VIEW_MAX_LENGTH + 10_000);
    expect(JSON.stringify(ended.view)).toContain("This turn is shown up to here");
    const log = await bed.opened.store.system((tx) => readEntries(tx, turnId));
    expect(log).toHaveLength(count + 1);
    // Eight MiB on their way into an embedded store.
  }, 60_000);

  it("is the fold of all of it where it fits, over several reads", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    const words = Array.from({ length: 1_024 }, (_, index) => ({
      seq: index + 1,
      at: 1,
      kind: "text-delta",
      text: "w ",
    }));
    for (let first = 0; first < words.length; first += 256)
      await operator.append(turnId, words.slice(first, first + 256));
    const folded = await bed.opened.store.system((tx) => foldLog(tx, turnId));
    expect(folded).toMatchObject({ position: 1_024, isWhole: true });
    expect((await bed.test.host.turns.get(scope, turnId)).text).toBe("w ".repeat(1_024));
  });
});
