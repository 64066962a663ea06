import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoggedEntry, readEntry, TurnEntry, type TurnEntry as Entry } from "./turn-entry.ts";
import { applyEntries, applyEntry, assistantText, emptyTurnView, type TurnView } from "./turn-view.ts";

const id = fc.constantFrom("a", "b", "c");
const text = fc.string({ maxLength: 5 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Entries as agents send them, in any order: updates of calls that were never announced, answers nobody asked for. */
const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constant("text-delta" as const),
    role: fc.constantFrom("assistant" as const, "user" as const),
    text,
    messageId: maybe(id),
  }),
  fc.record({ kind: fc.constant("thought-delta" as const), text, messageId: maybe(id) }),
  fc.record({
    kind: fc.constant("tool-call" as const),
    callId: id,
    title: maybe(text),
    status: maybe(fc.constantFrom("pending" as const, "in_progress" as const, "completed" as const, "failed" as const)),
    input: maybe(fc.jsonValue()),
    content: maybe(fc.array(fc.record({ type: fc.constant("text" as const), text }), { maxLength: 2 })),
  }),
  fc.record({
    kind: fc.constant("terminal-delta" as const),
    terminalId: id,
    stream: fc.constant("stdout" as const),
    data: text,
    exitCode: maybe(fc.nat(2)),
  }),
  fc.record({
    kind: fc.constant("todos" as const),
    todos: fc.array(
      fc.record({ content: text, status: fc.constant("pending" as const), priority: fc.constant("low" as const) }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant("permission-request" as const),
    requestId: id,
    callId: id,
    options: fc.array(fc.record({ optionId: id, name: text, kind: fc.constant("allow_once" as const) }), {
      maxLength: 1,
    }),
  }),
  fc.record({
    kind: fc.constant("permission-resolved" as const),
    requestId: id,
    outcome: fc.constantFrom("selected" as const, "cancelled" as const),
  }),
  fc.record({
    kind: fc.constant("usage" as const),
    scope: fc.constantFrom("context" as const, "step" as const, "turn" as const),
    inputTokens: maybe(fc.nat(99)),
  }),
  fc.record({
    kind: fc.constant("rate-limit" as const),
    state: fc.constantFrom("hit" as const, "lifted" as const),
    provider: fc.constant("p"),
  }),
  fc.record({ kind: fc.constant("notice" as const), severity: text, title: text }),
  fc.record({ kind: fc.constant("log" as const), level: fc.constant("info" as const), source: text, text }),
  fc.record({ kind: fc.constant("raw" as const), source: text, type: text, value: fc.jsonValue() }),
  fc.record({
    kind: fc.constant("turn-end" as const),
    outcome: fc.constantFrom("completed" as const, "failed" as const, "cancelled" as const),
  }),
);
const fold = (entries: readonly Entry[], from: TurnView = emptyTurnView()) => entries.reduce(applyEntry, from);
/** A value that throws when anything writes to it. */
function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

describe("the view of a turn", () => {
  it("is the same folded at once, from any prefix's view, and from a view that went through JSON", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 30 }), fc.nat(30), (entries, cut) => {
        const whole = fold(entries);
        const prefix = freeze(fold(entries.slice(0, cut)));
        expect(fold(entries.slice(cut), prefix)).toEqual(whole);
        const stored = JSON.parse(JSON.stringify(prefix)) as TurnView;
        expect(JSON.stringify(fold(entries.slice(cut), stored))).toBe(JSON.stringify(whole));
      }),
    );
  });

  it("is the same folded in pieces, one by one or all at once, also by two who go on from one view", () => {
    const pieces = fc.array(fc.array(anyEntry, { maxLength: 8 }), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, pieces, pieces, (before, one, other) => {
        const inPieces = (from: TurnView, all: readonly Entry[][]) =>
          all.reduce((view, entries) => freeze(applyEntries(view, entries)), from);
        const common = inPieces(freeze(emptyTurnView()), before);
        const views = [one, other].map((rest) => inPieces(common, rest));
        expect(views).toEqual([one, other].map((rest) => fold([...before.flat(), ...rest.flat()])));
        // The view that both went on from is as it was, and can be gone on from again.
        expect(inPieces(common, other)).toEqual(views[1]);
      }),
    );
  });

  it("has each tool call and each terminal once, where it first came, and never changes a view that it was given", () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 40 }), (entries) => {
        let view = freeze(emptyTurnView());
        for (const entry of entries) view = freeze(applyEntry(view, entry));
        const keys = view.parts.flatMap((part) =>
          part.type === "tool"
            ? [`tool ${part.callId}`]
            : part.type === "terminal"
              ? [`terminal ${part.terminalId}`]
              : [],
        );
        expect(new Set(keys).size).toBe(keys.length);
        const said = entries.flatMap((entry) =>
          entry.kind === "text-delta" && entry.role === "assistant" ? [entry.text] : [],
        );
        expect(assistantText(view)).toBe(said.join(""));
      }),
    );
  });

  it("keeps the identity of parts that did not change, so that a screen draws only what did", () => {
    const before = fold([
      { kind: "text-delta", role: "assistant", text: "a" },
      { kind: "tool-call", callId: "1", title: "Read" },
      { kind: "text-delta", role: "assistant", text: "b" },
    ]);
    const after = applyEntry(before, { kind: "text-delta", role: "assistant", text: "c" });
    expect(after.parts.slice(0, 2).every((part, index) => part === before.parts[index])).toBe(true);
    expect(after.parts[2]).toEqual({ type: "text", messageId: null, text: "bc" });
    expect(applyEntry(before, { kind: "log", level: "info", source: "s", text: "t" })).toBe(before);
  });

  it("joins what one message says, and starts anew with another message or after another part", () => {
    const say = (text: string, messageId?: string): Entry => ({
      kind: "text-delta",
      role: "assistant",
      text,
      messageId,
    });
    const view = fold([
      say("a", "1"),
      say("b", "1"),
      say("c", "2"),
      { kind: "thought-delta", text: "t" },
      say("d", "2"),
    ]);
    expect(view.parts.map((part) => ("text" in part ? part.text : part.type))).toEqual(["ab", "c", "t", "d"]);
  });

  it("updates a call with what is there, replaces its content, and completes one that was never announced", () => {
    const view = fold([
      { kind: "tool-call", callId: "1", title: "Read", status: "in_progress", content: [{ type: "text", text: "a" }] },
      { kind: "tool-call", callId: "1", status: "completed", content: [{ type: "text", text: "b" }] },
      { kind: "tool-call", callId: "2", status: "completed" },
    ]);
    expect(view.parts).toMatchObject([
      { callId: "1", title: "Read", status: "completed", content: [{ text: "b" }] },
      { callId: "2", title: "Tool call", status: "completed", content: [] },
    ]);
  });

  it("is no longer rate-limited when it ended, and says how it ended", () => {
    const view = fold([
      { kind: "rate-limit", state: "hit", provider: "p" },
      { kind: "turn-end", outcome: "failed", error: { code: "c", message: "m", retryAfterMs: 1 } },
    ]);
    expect(view).toMatchObject({ rateLimited: false, end: { outcome: "failed", error: { code: "c", message: "m" } } });
  });
});

describe("an entry", () => {
  it("comes back whole, and one of an unknown kind, or that does not fit its kind, is kept as raw", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(readEntry(entry)).toEqual(TurnEntry.parse(entry));
        expect(readEntry(entry).kind).toBe(entry.kind);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const entry = readEntry(value);
        if (entry.kind === "raw" && (value as { kind?: unknown } | null)?.kind !== "raw")
          expect(entry.value).toBe(value);
        expect(TurnEntry.safeParse(entry).success).toBe(true);
      }),
    );
    const hologram = { kind: "hologram", depth: 3 };
    expect(readEntry(hologram)).toEqual({ kind: "raw", source: "operator", type: "hologram", value: hologram });
    expect(readEntry({ kind: "text-delta", text: 7 })).toMatchObject({ kind: "raw", type: "text-delta" });
  });

  it("stands at a position from 1", () => {
    const entry = { kind: "thought-delta", text: "t", at: 1 };
    expect(LoggedEntry.safeParse({ ...entry, seq: 1 }).success).toBe(true);
    for (const seq of [0, -1, 1.5, "1", undefined])
      expect(LoggedEntry.safeParse({ ...entry, seq }).success).toBe(false);
  });
});
