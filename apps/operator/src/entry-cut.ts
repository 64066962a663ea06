/**
 * Makes every entry fit into the log: at most ENTRY_MAX_BYTES as JSON, and only text that any database takes.
 * Streams of text are split without loss; everything else is cut, and what was cut says how long it was.
 */
import { ENTRY_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { ToolContent, TurnEntry } from "@signalbox/catalog/turn-entry";

/** Room for `seq` and `at`, which stand in the entry as well. */
const BUDGET = ENTRY_MAX_BYTES - 128;

/** A cut value's head, in characters: the worst character takes six bytes as JSON. */
const HEAD_CHARACTERS = 2_000;

/** Items that are left of a list in an entry that is cut. */
const SHOWN = { content: 4, locations: 20, commands: 100, config: 4, todos: 100 };

/** Characters of a delta that fit whatever they are. */
const SPLIT_CHARACTERS = Math.floor((BUDGET - 1_024) / 6);

/** The entries that stand for this one: itself, its parts, or its cut form. Never empty. */
export function fitEntry(entry: TurnEntry): TurnEntry[] {
  const clean = hasForbiddenText(entry) ? cleanEntry(entry) : entry;
  if (sizeOf(clean) <= BUDGET) return [clean];
  return splitDelta(clean) ?? [cut(clean)];
}

/** At most so many characters of the text, none of which is half a pair of surrogates. */
export function headOf(text: string, characters: number): string {
  return text.slice(0, safeEnd(text, characters));
}

/** Whether something of this entry is going to be missing in the log. */
export function isCut(entry: TurnEntry): boolean {
  return sizeOf(entry) > BUDGET && splitDelta(entry) === null;
}

function splitDelta(entry: TurnEntry): TurnEntry[] | null {
  if (entry.kind === "text-delta" || entry.kind === "thought-delta")
    return pieces(entry.text).map((text) => ({ ...entry, text }));
  if (entry.kind === "tool-input-delta") return pieces(entry.delta).map((delta) => ({ ...entry, delta }));
  if (entry.kind === "terminal-delta") return pieces(entry.data).map((data) => ({ ...entry, data }));
  return null;
}

/** Consecutive parts of the text, none of which ends between the halves of one character. */
function pieces(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length;) {
    const to = safeEnd(text, from + SPLIT_CHARACTERS);
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

function safeEnd(text: string, end: number): number {
  const last = text.charCodeAt(end - 1);
  return end < text.length && last >= 0xd800 && last <= 0xdbff ? end - 1 : Math.min(end, text.length);
}

function cut(entry: TurnEntry): TurnEntry {
  const shorter = cutKind(entry);
  if (sizeOf(shorter) <= BUDGET) return shorter;
  if (entry.kind === "turn-end") return { kind: "turn-end", outcome: entry.outcome };
  const attachment = "attachment" in entry && entry.attachment ? { attachment: entry.attachment } : {};
  return { kind: "raw", source: "operator", type: entry.kind, value: cutValue(entry), ...attachment };
}

function cutKind(entry: TurnEntry): TurnEntry {
  switch (entry.kind) {
    case "tool-call":
      return {
        ...entry,
        ...(entry.title === undefined ? {} : { title: cutText(entry.title) }),
        ...(entry.input === undefined ? {} : { input: cutValue(entry.input) }),
        ...(entry.output === undefined ? {} : { output: cutValue(entry.output) }),
        ...(entry.content === undefined ? {} : { content: shown("content", entry.content).map(cutContent) }),
        ...(entry.locations === undefined ? {} : { locations: shown("locations", entry.locations) }),
        ...fullCounts({ content: entry.content, locations: entry.locations }),
      };
    case "message-block":
      return { ...entry, block: cutBlock(entry.block) };
    case "session":
      return {
        ...entry,
        ...(entry.commands === undefined
          ? {}
          : {
              commands: shown("commands", entry.commands).map(({ name, description }) => ({
                name: headOf(name, 60),
                description: cutText(description, 80),
              })),
            }),
        ...(entry.config === undefined ? {} : { config: shown("config", entry.config).map(cutValue) }),
        ...fullCounts({ commands: entry.commands, config: entry.config }),
      };
    case "todos":
      return {
        ...entry,
        todos: shown("todos", entry.todos).map((todo) => ({ ...todo, content: cutText(todo.content, 80) })),
        ...fullCounts({ todos: entry.todos }),
      };
    case "log":
      return { ...entry, text: cutText(entry.text) };
    case "raw":
      return { ...entry, value: cutValue(entry.value) };
    case "notice":
      return {
        ...entry,
        title: cutText(entry.title),
        ...(entry.description === undefined ? {} : { description: cutText(entry.description) }),
      };
    case "compaction":
      return { ...entry, ...(entry.error === undefined ? {} : { error: cutText(entry.error) }) };
    case "turn-end":
      return entry.error ? { ...entry, error: { ...entry.error, message: cutText(entry.error.message) } } : entry;
    // Streams were split; the others are small, or become raw.
    case "turn-start":
    case "text-delta":
    case "thought-delta":
    case "tool-input-delta":
    case "terminal-delta":
    case "permission-request":
    case "permission-resolved":
    case "usage":
    case "rate-limit":
    case "agent-state":
    case "sandbox":
      return entry;
  }
}

function cutContent(content: ToolContent): ToolContent {
  switch (content.type) {
    case "text":
      return content.text.length <= HEAD_CHARACTERS
        ? content
        : { type: "text", text: headOf(content.text, HEAD_CHARACTERS), fullLength: content.text.length };
    case "diff":
      return {
        ...content,
        ...(typeof content.oldText === "string" ? { oldText: cutText(content.oldText) } : {}),
        newText: cutText(content.newText),
      };
    case "block":
      return { ...content, block: cutBlock(content.block) };
    case "terminal":
      return content;
  }
}

/** An image or a file without its data: what it was, and how much. */
function cutBlock<T extends { type: string }>(block: T): T & Record<string, unknown> {
  const small: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(block)) small[key] = key === "type" ? value : cutValue(value);
  return { ...block, ...small };
}

/** The value itself when it is short, else its beginning as text and its length as JSON. */
function cutValue(value: unknown): unknown {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.length <= HEAD_CHARACTERS
    ? value
    : { isCut: true, head: headOf(text, HEAD_CHARACTERS), fullLength: text.length };
}

function cutText(text: string, characters = HEAD_CHARACTERS): string {
  return text.length <= characters ? text : `${headOf(text, characters)}… (cut: ${text.length} characters)`;
}

type ListName = keyof typeof SHOWN;

function shown<T>(name: ListName, list: T[]): T[] {
  return list.slice(0, SHOWN[name]);
}

/** Whether some of this list is missing where its entry is cut. */
export function isListCut(name: ListName, list: unknown[] | undefined): list is unknown[] {
  return list !== undefined && list.length > SHOWN[name];
}

/** What the lists had of which some is missing, to be said beside them. */
function fullCounts(lists: Partial<Record<ListName, unknown[] | undefined>>): { fullCounts?: Record<string, number> } {
  const counts: Record<string, number> = {};
  for (const [name, list] of Object.entries(lists)) if (isListCut(name as ListName, list)) counts[name] = list.length;
  return Object.keys(counts).length === 0 ? {} : { fullCounts: counts };
}

function sizeOf(entry: TurnEntry): number {
  return Buffer.byteLength(JSON.stringify(entry));
}

/** NUL and halves of surrogate pairs: JSON can write them, PostgreSQL's jsonb refuses them, so they would block a turn. */
function hasForbiddenText(entry: TurnEntry): boolean {
  return /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(entry));
}

/** The same entry with visible stand-ins; strings and keys only, so that it stays of its kind. */
function cleanEntry(entry: TurnEntry): TurnEntry {
  return JSON.parse(JSON.stringify(entry, cleanMember)) as TurnEntry;
}

function cleanMember(_key: string, value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), member]));
}

function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\u2400");
}
