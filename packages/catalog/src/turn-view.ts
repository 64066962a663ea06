import type { Attachment, LoggedEntry, Todo, ToolContent, TurnEntry, TurnOutcome } from "./turn-entry.ts";
import { editParts, type PartsEdit } from "./turn-parts.ts";

/**
 * What a person sees of a turn: the fold of its log. Pure, so that the host folds the same record for the store
 * as a browser folds from its stream. Folding a log from the start, or from any prefix's view, gives the same view.
 */
type Entry<K extends TurnEntry["kind"]> = Extract<TurnEntry, { kind: K }>;

export interface ToolPart {
  type: "tool";
  callId: string;
  title: string;
  name?: string | undefined;
  toolKind?: Entry<"tool-call">["toolKind"];
  status: NonNullable<Entry<"tool-call">["status"]>;
  input?: unknown;
  output?: unknown;
  content: ToolContent[];
  /** The files that it is about. */
  locations?: Entry<"tool-call">["locations"];
  /** Where the whole of it is, when some of it was cut. */
  attachment?: Attachment | undefined;
}

export interface PermissionPart {
  type: "permission";
  requestId: string;
  callId: string;
  title: string;
  options: Entry<"permission-request">["options"];
  /** Null while it waits for an answer. */
  resolved: Pick<Entry<"permission-resolved">, "outcome" | "optionId" | "by"> | null;
}

export type TurnPart =
  | { type: "text"; messageId: string | null; text: string }
  | { type: "thought"; messageId: string | null; text: string }
  | { type: "notice"; severity: string; title: string; description?: string | undefined }
  | { type: "terminal"; terminalId: string; text: string; exitCode: number | null }
  | ToolPart
  | PermissionPart;

export interface TurnView {
  agent: Entry<"turn-start">["agent"] | null;
  model: string | null;
  parts: TurnPart[];
  todos: Todo[];
  /** The newest count of each scope. */
  usage: Partial<Record<"context" | "step" | "turn", Omit<Entry<"usage">, "kind" | "scope">>>;
  rateLimited: boolean;
  /** What holds the agent; absent where its operator does not say. */
  sandbox?: Pick<Entry<"sandbox">, "sandbox" | "reason"> | undefined;
  end: { outcome: TurnOutcome; error: { code: string; message: string } | null } | null;
}

export function emptyTurnView(): TurnView {
  return { agent: null, model: null, parts: [], todos: [], usage: {}, rateLimited: false, end: null };
}

/** The view after more entries. The given view is not changed; parts that did not change keep their identity. */
export function applyEntries(view: TurnView, entries: Iterable<TurnEntry | LoggedEntry>): TurnView {
  const parts = editParts(view.parts);
  let after = view;
  for (const entry of entries) after = apply(after, parts, entry);
  const edited = parts.settle();
  return edited === view.parts ? after : { ...after, parts: edited };
}

/** The view after one more entry. For many, `applyEntries` copies the parts once. */
export function applyEntry(view: TurnView, entry: TurnEntry | LoggedEntry): TurnView {
  return applyEntries(view, [entry]);
}

/** What the entry changes beside the parts; those it changes in `parts`. */
function apply(view: TurnView, parts: PartsEdit, entry: TurnEntry | LoggedEntry): TurnView {
  switch (entry.kind) {
    case "turn-start":
      return { ...view, agent: entry.agent, model: entry.model ?? view.model };
    case "session":
      return entry.model ? { ...view, model: entry.model } : view;
    case "text-delta":
      if (entry.role !== "user") appendText(parts, "text", entry.messageId ?? null, entry.text);
      return view;
    case "thought-delta":
      appendText(parts, "thought", entry.messageId ?? null, entry.text);
      return view;
    case "tool-call":
      upsertTool(parts, entry);
      return view;
    case "terminal-delta":
      appendTerminal(parts, entry);
      return view;
    case "todos":
      return { ...view, todos: entry.todos };
    case "permission-request":
      parts.add({
        type: "permission",
        requestId: entry.requestId,
        callId: entry.callId,
        title: entry.title ?? "The agent asks for permission",
        options: entry.options,
        resolved: null,
      });
      return view;
    case "permission-resolved":
      parts.replaceEach((part) =>
        part.type === "permission" && part.requestId === entry.requestId
          ? { ...part, resolved: { outcome: entry.outcome, optionId: entry.optionId, by: entry.by } }
          : part,
      );
      return view;
    case "usage": {
      const { scope, kind: _, ...counts } = entry;
      return { ...view, usage: { ...view.usage, [scope]: { ...view.usage[scope], ...counts } } };
    }
    case "rate-limit":
      // A warning changes nothing: neither does it limit, nor does it lift.
      return entry.state === "warning" ? view : { ...view, rateLimited: entry.state === "hit" };
    case "notice":
      parts.add({ type: "notice", severity: entry.severity, title: entry.title, description: entry.description });
      return view;
    case "sandbox":
      return { ...view, sandbox: { sandbox: entry.sandbox, ...(entry.reason && { reason: entry.reason }) } };
    case "turn-end":
      return {
        ...view,
        rateLimited: false,
        end: {
          outcome: entry.outcome,
          error: entry.error ? { code: entry.error.code, message: entry.error.message } : null,
        },
      };
    case "message-block":
    case "tool-input-delta":
    case "compaction":
    case "agent-state":
    case "log":
    case "raw":
      return view;
    default:
      return entry satisfies never;
  }
}

/** The assistant's words without thoughts and tools: what a later turn is told of this one. */
export function assistantText(view: TurnView): string {
  return view.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function appendText(parts: PartsEdit, type: "text" | "thought", messageId: string | null, text: string): void {
  const last = parts.last();
  if (last?.type === type && last.messageId === messageId) {
    parts.replaceLast({ ...last, text: last.text + text });
  } else {
    parts.add({ type, messageId, text });
  }
}

function upsertTool(parts: PartsEdit, entry: Entry<"tool-call">): void {
  parts.upsert("tool", entry.callId, (known) => {
    const before: ToolPart = known ?? {
      type: "tool",
      callId: entry.callId,
      title: "Tool call",
      status: "pending",
      content: [],
    };
    return {
      ...before,
      title: entry.title ?? before.title,
      name: entry.name ?? before.name,
      toolKind: entry.toolKind ?? before.toolKind,
      status: entry.status ?? before.status,
      input: entry.input ?? before.input,
      output: entry.output ?? before.output,
      content: entry.content ?? before.content,
      locations: entry.locations ?? before.locations,
      attachment: entry.attachment ?? before.attachment,
    };
  });
}

function appendTerminal(parts: PartsEdit, entry: Entry<"terminal-delta">): void {
  parts.upsert("terminal", entry.terminalId, (known) => ({
    type: "terminal",
    terminalId: entry.terminalId,
    text: (known?.text ?? "") + entry.data,
    exitCode: entry.exitCode ?? known?.exitCode ?? null,
  }));
}
