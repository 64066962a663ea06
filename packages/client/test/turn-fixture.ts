import type { LoggedEntry, TurnEntry, TurnOutcome } from "@signalbox/catalog/turn-entry";

/** A turn's log of `length` entries: text, thoughts, tools, todos, and its end when there is an outcome. */
export function turnLog(length: number, outcome: TurnOutcome | null): LoggedEntry[] {
  const kinds: ((index: number) => TurnEntry)[] = [
    (index) => ({ kind: "text-delta", role: "assistant", messageId: "m1", text: `wörd${index} ` }),
    (index) => ({ kind: "text-delta", role: "assistant", messageId: "m1", text: `token${index}\n` }),
    (index) => ({ kind: "thought-delta", text: `hm ${index} 🤔` }),
    (index) => ({ kind: "tool-call", callId: `call${index % 3}`, title: `Read ${index}`, status: "in_progress" }),
    (index) => ({ kind: "todos", todos: [{ content: `step ${index}`, status: "pending", priority: "medium" }] }),
    (index) => ({ kind: "terminal-delta", terminalId: "t", stream: "stdout", data: `line ${index}\n` }),
  ];
  const part = (index: number): TurnEntry =>
    kinds[index % kinds.length]?.(index) ?? { kind: "thought-delta", text: "" };
  const entries: TurnEntry[] = Array.from({ length: outcome ? length - 1 : length }, (_, index) =>
    index === 0 ? { kind: "turn-start", agent: { profileId: "demo" } } : part(index),
  );
  if (outcome) entries.push({ kind: "turn-end", outcome });
  return entries.map((entry, index) => ({ ...entry, seq: index + 1, at: 1_000 + index }));
}
