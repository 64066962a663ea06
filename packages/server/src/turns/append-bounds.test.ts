import { APPEND_MAX_BYTES, ENTRY_MAX_BYTES, OPERATOR_APPENDS_IN_FLIGHT } from "@signalbox/catalog/bounds";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { enroll, sandboxUp, startTurn, texts, type SentEntry } from "../../test/operator-fixture.ts";
import { readEntries } from "./turn-log.ts";

/** An entry whose JSON has exactly so many bytes. */
function weighing(seq: number, bytes: number): SentEntry {
  const empty = { seq, at: 1, kind: "text-delta", text: "" };
  return { ...empty, text: "x".repeat(bytes - Buffer.byteLength(JSON.stringify(empty))) };
}

describeHosts("the bounds of appends", (bed) => {
  async function begun() {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    return { operator, ...(await startTurn(bed.test, scope)) };
  }

  it("O6: takes an entry of 64 KiB and refuses a larger one, of a turn and of a sandbox, with nothing stored", async () => {
    const { operator, turnId } = await begun();
    const stored = { verdict: "stored", ackedSeq: 1 };
    expect(await operator.append(turnId, [weighing(1, ENTRY_MAX_BYTES)])).toEqual(stored);
    const refused = { code: "too-large", details: { turn: turnId, seq: 2, maxBytes: ENTRY_MAX_BYTES } };
    await expect(operator.append(turnId, [weighing(2, ENTRY_MAX_BYTES + 1)])).rejects.toMatchObject(refused);
    await operator.sandboxAppend(turnId, sandboxUp().slice(0, 1));
    await expect(operator.sandboxAppend(turnId, [weighing(2, ENTRY_MAX_BYTES + 1)])).rejects.toMatchObject(refused);
    const log = await bed.opened.store.system((tx) => readEntries(tx, turnId));
    expect(log.map(({ seq }) => seq)).toEqual([1]);
  });

  it("O6: takes an append of 256 KiB and refuses a larger one", async () => {
    const { operator, turnId } = await begun();
    const fitting = Array.from({ length: 4 }, (_, index) => weighing(index + 1, APPEND_MAX_BYTES / 4));
    expect(await operator.append(turnId, fitting)).toEqual({ verdict: "stored", ackedSeq: 4 });
    const large = [
      ...texts(5, 5),
      ...Array.from({ length: 4 }, (_, index) => weighing(index + 6, APPEND_MAX_BYTES / 4)),
    ];
    await expect(operator.append(turnId, large)).rejects.toMatchObject({
      code: "too-large",
      details: { turn: turnId, maxBytes: APPEND_MAX_BYTES },
    });
  });

  it("O6: has 64 appends of a connection under way, refuses one more, and takes it when they are answered", async () => {
    const { operator, turnId } = await begun();
    const sent = Array.from({ length: OPERATOR_APPENDS_IN_FLIGHT }, () => operator.append(turnId, texts(1, 1)));
    const { id } = operator.identity;
    const refused = { code: "too-many", details: { operator: id, maxAppends: OPERATOR_APPENDS_IN_FLIGHT } };
    await expect(operator.append(turnId, texts(2, 2))).rejects.toMatchObject(refused);
    // Another one's are its own affair, and so are those of the connection that takes over.
    const other = await begun();
    expect((await other.operator.append(other.turnId, texts(1, 1))).verdict).toBe("stored");
    for (const { verdict } of await Promise.all(sent)) expect(verdict).toBe("stored");
    expect((await operator.append(turnId, texts(2, 2))).verdict).toBe("stored");
  });
});
