import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { enroll, startTurn, texts, type SentEntry } from "../../test/operator-fixture.ts";
import { readTurn } from "../../test/read-stream.ts";

const MIB = 1024 * 1024;

/** Entries of 60 KiB that would compress to nothing. */
function heavy(first: number, last: number): SentEntry[] {
  return texts(first, last).map((entry) => ({ ...entry, text: "word ".repeat(12 * 1024) }));
}

describeHosts("a page of a turn's log", (bed) => {
  async function begun() {
    const { id, scope, owner } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    return { operator, turnId, scope, owner };
  }

  it("is bounded by what its entries weigh, and the next one goes on behind it", async () => {
    const { operator, turnId, scope, owner } = await begun();
    for (let first = 1; first <= 100; first += 4) await operator.append(turnId, heavy(first, first + 3));
    const { after } = bed.test.host.turnLog;
    const pages: number[] = [];
    for (let position = 0; position < 100; position = pages.at(-1) ?? 100) {
      const page = await after(turnId, position, 10_000);
      expect(page?.head).toBe(100);
      const length = page?.rows.reduce((sum, { value }) => sum + value.json.length, 0) ?? 0;
      expect(length).toBeGreaterThan(MIB);
      expect(length).toBeLessThan(2 * MIB + 64 * 1024);
      expect(page?.rows[0]?.seq).toBe(position + 1);
      pages.push(page?.rows.at(-1)?.seq ?? 0);
    }
    expect(pages.at(-1)).toBe(100);
    const stream = readTurn(bed.test, owner, { scope, turnId });
    await stream.until((frames) => frames.at(-1)?.cursor.endsWith(".100") ?? false);
    await stream.leave();
  });

  it("takes all of a turn of ten thousand words", async () => {
    const { operator, turnId } = await begun();
    for (let first = 1; first <= 10_000; first += 200) await operator.append(turnId, texts(first, first + 199));
    const page = await bed.test.host.turnLog.after(turnId, 0, 20_000);
    expect(page?.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
  });
});
