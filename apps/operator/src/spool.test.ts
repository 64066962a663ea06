import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { APPEND_MAX_BYTES, APPEND_MAX_ENTRIES, ENTRY_MAX_BYTES } from "@signalbox/catalog/bounds";
import { LoggedEntry, type TurnEntry } from "@signalbox/catalog/turn-entry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { createSpoolReader } from "./spool-reader.ts";
import { openSpool, readSpoolState } from "./spool.ts";

const delta = (text: string): TurnEntry => ({ kind: "text-delta", role: "assistant", text });
const entries = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).map(delta),
  fc.string({ maxLength: 20 }).map((text): TurnEntry => ({ kind: "thought-delta", text })),
  fc.jsonValue().map((value): TurnEntry => ({ kind: "raw", source: "test", type: "any", value })),
);

function linesOf(path: string): unknown[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

function writeAll(path: string, all: TurnEntry[]): void {
  const spool = openSpool(path, () => 1_000);
  for (const entry of all) spool.append(entry);
  spool.close();
}

describe("a spool", () => {
  test("cut at any byte reopens to a prefix, and goes on from there without a gap", () => {
    const folder = temporaryFolder();
    const whole = join(folder, "whole.jsonl");
    const torn = join(folder, "torn.jsonl");
    fc.assert(
      fc.property(
        fc.array(entries, { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, at) => {
          writeFileSync(whole, "");
          writeAll(whole, all);
          const bytes = readFileSync(whole);
          const before = linesOf(whole);
          writeFileSync(torn, bytes.subarray(0, Math.round(bytes.length * at)));
          const spool = openSpool(torn, () => 2_000);
          const { lastSeq } = spool.state();
          expect(linesOf(torn)).toEqual(before.slice(0, lastSeq));
          spool.append(delta("further"));
          spool.close();
          expect(linesOf(torn).map((entry) => LoggedEntry.parse(entry).seq)).toEqual(
            Array.from({ length: lastSeq + 1 }, (_, index) => index + 1),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  test("loses nothing but its last line when garbage was left behind it", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    writeAll(path, [delta("a"), delta("b")]);
    appendFileSync(path, '{"seq":3,"at":1,"kind":"text-de');
    const spool = openSpool(path, () => 0);
    expect(spool.state()).toMatchObject({ lastSeq: 2, isEnded: false });
    spool.close();
  });

  test("takes nothing after its turn-end, also when it is opened again", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    writeAll(path, [delta("a"), { kind: "turn-end", outcome: "completed" }]);
    const spool = openSpool(path, () => 0);
    expect(spool.state().isEnded).toBe(true);
    expect(() => spool.append(delta("late"))).toThrow("turn-end");
    spool.close();
    expect(readSpoolState(path)).toMatchObject({ lastSeq: 2, isEnded: true });
  });

  test("is kept when a newer operator wrote kinds that this one doesn't know", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    writeFileSync(path, '{"seq":1,"at":1,"kind":"hologram","shape":[1]}\n');
    expect(readSpoolState(path).lastSeq).toBe(1);
  });
});

describe("a reader", () => {
  test("hands out every entry once and in order, in batches within the bounds, from any position", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    const all = Array.from({ length: 700 }, (_, index) => delta(`${"x".repeat(index % 5 === 0 ? 9_000 : 10)}${index}`));
    writeAll(path, all);
    const reader = createSpoolReader(path);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), (from) => {
        const seen: number[] = [];
        for (let after = from; ; after = seen.at(-1) ?? after) {
          const { entries: batch } = reader.read(after);
          if (batch.length === 0) break;
          expect(batch.length).toBeLessThanOrEqual(APPEND_MAX_ENTRIES);
          expect(batch.reduce((sum, entry) => sum + JSON.stringify(entry).length + 1, 0)).toBeLessThanOrEqual(
            APPEND_MAX_BYTES,
          );
          seen.push(...batch.map(({ seq }) => seq));
        }
        expect(seen).toEqual(Array.from({ length: 700 - from }, (_, index) => from + index + 1));
      }),
      { numRuns: 15 },
    );
    expect(reader.head()).toEqual({ lastSeq: 700, isEnded: false });
    reader.close();
  });

  test("does not see a line before it is whole", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    writeAll(path, [delta("a")]);
    const reader = createSpoolReader(path);
    const line = JSON.stringify({ seq: 2, at: 1, ...delta("b") });
    appendFileSync(path, line.slice(0, 20));
    expect(reader.read(1)).toEqual({ entries: [], bytes: 0 });
    expect(reader.head().lastSeq).toBe(1);
    appendFileSync(path, `${line.slice(20)}\n`);
    expect(reader.read(1).entries.map(({ seq }) => seq)).toEqual([2]);
    expect(reader.head().lastSeq).toBe(2);
    reader.close();
  });
});

describe("an entry that is too large", () => {
  test("is split without loss when it is a stream of text", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    const text = "😀é\n".repeat(60_000);
    writeAll(path, [delta(text)]);
    const parts = linesOf(path).map((line) => LoggedEntry.parse(line));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map((part) => (part.kind === "text-delta" ? part.text : "")).join("")).toBe(text);
  });

  test.each<[string, TurnEntry]>([
    ["a tool's text", { kind: "tool-call", callId: "c", content: [{ type: "text", text: "y".repeat(200_000) }] }],
    [
      "a tool's input and output",
      { kind: "tool-call", callId: "c", input: { a: "z".repeat(200_000) }, output: "z".repeat(99_000) },
    ],
    [
      "a diff",
      { kind: "tool-call", callId: "c", content: [{ type: "diff", path: "f", newText: "ü".repeat(200_000) }] },
    ],
    [
      "an image",
      {
        kind: "message-block",
        role: "assistant",
        block: { type: "image", data: "A".repeat(300_000), mimeType: "image/png" },
      },
    ],
    ["a raw value", { kind: "raw", source: "acp", type: "t", value: ["w".repeat(200_000)] }],
    ["a log line", { kind: "log", level: "info", source: "s", text: "l".repeat(200_000) }],
    [
      "many commands",
      {
        kind: "session",
        commands: Array.from({ length: 900 }, (_, i) => ({ name: `n${i}`, description: "d".repeat(200) })),
      },
    ],
    [
      "many todos",
      {
        kind: "todos",
        todos: Array.from({ length: 400 }, () => ({ content: "t".repeat(400), status: "pending", priority: "low" })),
      },
    ],
    ["a turn-end", { kind: "turn-end", outcome: "failed", error: { code: "c", message: "\u0001".repeat(99_000) } }],
  ])("is cut and says so: %s", (_name, entry) => {
    const path = join(temporaryFolder(), "entries.jsonl");
    writeAll(path, [entry]);
    const line = readFileSync(path);
    expect(line.length).toBeLessThanOrEqual(ENTRY_MAX_BYTES);
    const [written] = linesOf(path).map((value) => LoggedEntry.parse(value));
    expect(written?.kind).toBe(entry.kind);
    if (entry.kind === "tool-call" || entry.kind === "raw" || entry.kind === "message-block") {
      expect(line.toString()).toMatch(/fullLength|cut:/);
    }
  });

  test("is never larger than the bound, whatever it is", () => {
    const path = join(temporaryFolder(), "entries.jsonl");
    const long = fc
      .integer({ min: 0, max: 90_000 })
      .chain((length) =>
        fc.constantFrom("a", "é", "\u0001", "😀", '"', "\ud800").map((character) => character.repeat(length)),
      );
    fc.assert(
      fc.property(fc.tuple(long, long), ([a, b]) => {
        writeFileSync(path, "");
        writeAll(path, [
          {
            kind: "tool-call",
            callId: "c",
            title: a,
            input: { b },
            content: [
              { type: "text", text: b },
              { type: "diff", path: "p", newText: a },
            ],
          },
          { kind: "terminal-delta", terminalId: "t", stream: "stdout", data: a },
          { kind: "turn-end", outcome: "failed", error: { code: "c", message: b } },
        ]);
        for (const line of readFileSync(path, "utf8").split("\n"))
          expect(Buffer.byteLength(line)).toBeLessThan(ENTRY_MAX_BYTES);
        expect(linesOf(path).every((line) => LoggedEntry.safeParse(line).success)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

test("text that PostgreSQL refuses is written as something visible", () => {
  const path = join(temporaryFolder(), "entries.jsonl");
  writeAll(path, [{ kind: "tool-call", callId: "c", output: { "a\u0000": "b\u0000c\ud800d" } }]);
  expect(readFileSync(path, "utf8")).not.toMatch(/\\u0000|\\ud8/i);
  expect(linesOf(path)[0]).toMatchObject({ output: { "a\u2400": "b\u2400c\ufffdd" } });
});
