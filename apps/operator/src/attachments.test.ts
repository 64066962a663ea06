import { mkdirSync } from "node:fs";
import { ATTACHMENT_MAX, ATTACHMENT_PIECE, ATTACHMENT_PIECES_PER_TURN } from "@signalbox/catalog/bounds";
import { AttachInput } from "@signalbox/catalog/operator-protocol";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { createAttachmentWriter, piecesOf, undeliveredAttachments } from "./attachments.ts";
import { turnFolder } from "./turn-folder.ts";

/** The text as the host would get it, each piece checked as the host checks it. */
function deliveredOf(text: string): { text: string; entry: TurnEntry; pieces: number } {
  const dir = temporaryFolder();
  const { path } = turnFolder(dir, "t1");
  mkdirSync(path, { recursive: true });
  const [entry] = createAttachmentWriter(path).keep({ kind: "log", level: "info", source: "agent", text });
  const [kept] = undeliveredAttachments(dir);
  if (!kept || !entry) throw new Error("Nothing was kept.");
  const all = piecesOf(kept);
  const inputs = all.map((piece, index) =>
    AttachInput.parse({
      generation: 1,
      turnId: kept.turnId,
      attachmentId: kept.attachmentId,
      piece: index + 1,
      text: piece,
      isLast: index + 1 === all.length,
    }),
  );
  for (const input of inputs) expect(input.text.isWellFormed()).toBe(true);
  return { text: inputs.map((input) => input.text).join(""), entry, pieces: all.length };
}

// Shortened at each pair that would be parted, 4 Mi characters once made 65 pieces, of which the host takes 64: the
// refusal of the last one held up every attachment behind it, for ever.
test.each([
  ["plain", "x".repeat(ATTACHMENT_MAX + 10)],
  ["a pair of surrogates across each border", `x${"\u{1F6A6}".repeat(ATTACHMENT_MAX / 2)}`],
  [
    "a pair of surrogates across one border",
    `${"x".repeat(ATTACHMENT_PIECE - 1)}\u{1F6A6}${"x".repeat(ATTACHMENT_MAX)}`,
  ],
])("output beyond the bound (%s) is kept up to it, in pieces that the host takes", (_name, whole) => {
  const { text, entry, pieces } = deliveredOf(whole);
  expect(whole.startsWith(text)).toBe(true);
  expect(text.length).toBeGreaterThan(ATTACHMENT_MAX - 128);
  expect(text.length).toBeLessThanOrEqual(ATTACHMENT_MAX);
  expect(pieces).toBe(ATTACHMENT_MAX / ATTACHMENT_PIECE);
  expect(entry).toMatchObject({ attachment: { attachmentId: "a1", characters: text.length } });
});

test("output within the bound is kept whole", () => {
  const whole = `${"x".repeat(ATTACHMENT_PIECE - 1)}\u{1F6A6}${"y".repeat(100)}`;
  expect(deliveredOf(whole)).toMatchObject({ text: whole, pieces: 2 });
});

test.each([
  ["long outputs", ATTACHMENT_MAX - 1_000, 4],
  ["outputs that fill their pieces badly", ATTACHMENT_PIECE + 1, 99],
])("a turn keeps so much of %s and says once that the rest is not kept", (_what, length, most) => {
  const dir = temporaryFolder();
  const { path } = turnFolder(dir, "t1");
  mkdirSync(path, { recursive: true });
  const writer = createAttachmentWriter(path);
  const entry: TurnEntry = { kind: "log", level: "info", source: "agent", text: "x".repeat(length) };
  const written = Array.from({ length: most + 3 }, () => writer.keep(entry)).flat();
  const kept = undeliveredAttachments(dir);
  expect(kept).toHaveLength(most);
  expect(kept.flatMap((one) => piecesOf(one)).length).toBeLessThanOrEqual(ATTACHMENT_PIECES_PER_TURN);
  expect(written.map((one) => ("attachment" in one ? "kept" : one.kind))).toEqual([
    ...Array.from({ length: most }, () => "kept"),
    "notice",
    ...Array.from({ length: 3 }, () => "log"),
  ]);
});
