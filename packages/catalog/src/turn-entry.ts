import { z } from "zod";

/**
 * What a turn's log carries. Updates of any ACP agent and parts of the AI SDK map here without loss:
 * what has no kind of its own is kept as `raw`. Kinds are `noun` or `noun-action`.
 */
const Id = z.string().min(1).max(200);
const Count = z.number().int().nonnegative();

const TokenCounts = {
  inputTokens: Count.optional(),
  outputTokens: Count.optional(),
  totalTokens: Count.optional(),
  cachedReadTokens: Count.optional(),
  cachedWriteTokens: Count.optional(),
  thoughtTokens: Count.optional(),
};
const Cost = z.object({ amount: z.number(), currency: z.string().max(8) });

/** Where the whole of an entry is that had to be cut: in a log of its own. */
const Attachment = z.object({ attachmentId: Id, characters: Count });
export type Attachment = z.infer<typeof Attachment>;

/** Lists of the entry that the operator cut, by their names: how many items each of them had. */
const FullCounts = z.record(z.string(), Count);

/** An image, a file or a link that an agent showed, as ACP's content block. */
const ContentBlock = z.looseObject({ type: z.enum(["image", "audio", "resource_link", "resource"]) });

const ToolContent = z.discriminatedUnion("type", [
  /** `fullLength` in characters, where the operator cut the text. */
  z.object({ type: z.literal("text"), text: z.string(), fullLength: Count.optional() }),
  z.object({ type: z.literal("diff"), path: z.string(), oldText: z.string().nullish(), newText: z.string() }),
  z.object({ type: z.literal("terminal"), terminalId: Id }),
  z.object({ type: z.literal("block"), block: ContentBlock }),
]);
export type ToolContent = z.infer<typeof ToolContent>;

export const Todo = z.object({
  content: z.string(),
  status: z.enum(["pending", "in_progress", "completed"]),
  priority: z.enum(["high", "medium", "low"]).default("medium"),
});
export type Todo = z.infer<typeof Todo>;

export const TURN_OUTCOMES = ["completed", "failed", "cancelled"] as const;
export type TurnOutcome = (typeof TURN_OUTCOMES)[number];

/** The first entry: which agent took the turn up, and the model behind it where that is known. */
const TurnStart = z.object({
  kind: z.literal("turn-start"),
  agent: z.object({
    profileId: Id,
    name: z.string().optional(),
    version: z.string().optional(),
    /** True for the built-in agent's demo model; shown wherever it runs. */
    isDemo: z.boolean().optional(),
  }),
  model: z.string().optional(),
});

/** What the agent's session is like now. Absent fields are unchanged. */
const Session = z.object({
  kind: z.literal("session"),
  sessionId: Id.optional(),
  title: z.string().nullish(),
  mode: z.string().optional(),
  model: z.string().optional(),
  commands: z.array(z.object({ name: z.string(), description: z.string() })).optional(),
  config: z.array(z.unknown()).optional(),
  fullCounts: FullCounts.optional(),
});

/** A piece of what the agent says, or of what the person said to it. Pieces with one `messageId` are one message. */
const TextDelta = z.object({
  kind: z.literal("text-delta"),
  role: z.enum(["assistant", "user"]).default("assistant"),
  messageId: Id.optional(),
  text: z.string(),
});
/** A piece of the agent's reasoning. */
const ThoughtDelta = z.object({ kind: z.literal("thought-delta"), messageId: Id.optional(), text: z.string() });
/** Something in a message that is no text. */
const MessageBlock = z.object({
  kind: z.literal("message-block"),
  role: z.enum(["assistant", "user", "thought"]),
  messageId: Id.optional(),
  block: ContentBlock,
  attachment: Attachment.optional(),
});

/** As in ACP, whose words these are. */
export const TOOL_KINDS = [
  "read",
  "edit",
  "delete",
  "move",
  "search",
  "execute",
  "think",
  "fetch",
  "switch_mode",
  "other",
] as const;
export const TOOL_STATUSES = ["pending", "in_progress", "completed", "failed"] as const;

/** An upsert by `callId`: agents update calls that they never announced. Absent is unchanged; `content` replaces. */
const ToolCall = z.object({
  kind: z.literal("tool-call"),
  callId: Id,
  title: z.string().optional(),
  name: z.string().optional(),
  toolKind: z.enum(TOOL_KINDS).optional(),
  status: z.enum(TOOL_STATUSES).optional(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  content: z.array(ToolContent).optional(),
  locations: z.array(z.object({ path: z.string(), line: z.number().int().nullish() })).optional(),
  fullCounts: FullCounts.optional(),
  attachment: Attachment.optional(),
});
/** A piece of a call's input, while the model still writes it. */
const ToolInputDelta = z.object({ kind: z.literal("tool-input-delta"), callId: Id, delta: z.string() });
/** Output of a command that the agent runs; with its exit code once it has ended. */
const TerminalDelta = z.object({
  kind: z.literal("terminal-delta"),
  terminalId: Id,
  stream: z.enum(["stdout", "stderr"]),
  data: z.string(),
  exitCode: z.number().int().optional(),
});

/** The agent's whole list of todos, in place of the one before. */
const Todos = z.object({
  kind: z.literal("todos"),
  todos: z.array(Todo).max(500),
  fullCounts: FullCounts.optional(),
});

/** The agent asks before it acts, and waits. */
const PermissionRequest = z.object({
  kind: z.literal("permission-request"),
  requestId: Id,
  callId: Id,
  title: z.string().optional(),
  options: z.array(
    z.object({
      optionId: Id,
      name: z.string(),
      kind: z.enum(["allow_once", "allow_always", "reject_once", "reject_always"]),
    }),
  ),
});
/** What was answered and by whom, or that nobody did before the turn ended. */
const PermissionResolved = z.object({
  kind: z.literal("permission-resolved"),
  requestId: Id,
  outcome: z.enum(["selected", "cancelled"]),
  optionId: Id.optional(),
  /** A person (also when absent), the profile's policy, or what a person answered with "always" before. */
  by: z.enum(["person", "policy", "memory"]).optional(),
});

/**
 * Tokens used. `context`: how full the window is (`used` of `size`), and the session's cost so far. `step`: what one call of
 * the model added. `turn`: what the whole turn used until now; a later one replaces it.
 */
const Usage = z.object({
  kind: z.literal("usage"),
  scope: z.enum(["context", "step", "turn"]),
  /** Whose model it is, as `rate-limit` names it. */
  provider: z.string().optional(),
  model: z.string().optional(),
  used: Count.optional(),
  size: Count.optional(),
  ...TokenCounts,
  cost: Cost.optional(),
});
/** The model's provider limits the agent, or does so no longer. */
const RateLimit = z.object({
  kind: z.literal("rate-limit"),
  state: z.enum(["hit", "warning", "lifted"]),
  provider: z.string(),
  /** The model that is limited, where that is known. */
  model: z.string().optional(),
  status: z.number().int().optional(),
  /** From the moment of the entry. */
  retryAfterMs: z.number().nonnegative().optional(),
  /** Epoch milliseconds. */
  resetsAt: z.number().optional(),
  limit: z.string().optional(),
  utilization: z.number().optional(),
});

/** A message about the session that is part of no reply. */
const Notice = z.object({
  kind: z.literal("notice"),
  severity: z.string(),
  title: z.string(),
  description: z.string().optional(),
});
/** The agent shortens its own context: that began, ended or failed. */
const Compaction = z.object({
  kind: z.literal("compaction"),
  compactionId: Id,
  status: z.string(),
  error: z.string().optional(),
});
export const AGENT_STATES = ["spawned", "running", "waiting", "resumed", "stopped", "error"] as const;
export type AgentState = (typeof AGENT_STATES)[number];

/** What became of the agent's process. */
const AgentStateChange = z.object({
  kind: z.literal("agent-state"),
  state: z.enum(AGENT_STATES),
  reason: z.string().optional(),
  exitCode: z.number().int().nullish(),
  signal: z.string().nullish(),
});
/** What holds the agent's process, said before it starts. `reason`: why nothing does. The sandbox bears the turn's id. */
const Sandbox = z.object({
  kind: z.literal("sandbox"),
  sandbox: z.enum(["bubblewrap", "none"]),
  reason: z.string().optional(),
});
/** A line of the operator or of the agent for whoever looks for a cause. */
const Log = z.object({
  kind: z.literal("log"),
  level: z.enum(["debug", "info", "warn", "error"]),
  source: z.string(),
  text: z.string(),
  attachment: Attachment.optional(),
});

/** An update without a kind of its own, whole. */
const Raw = z.object({
  kind: z.literal("raw"),
  source: z.string(),
  type: z.string(),
  value: z.unknown(),
  attachment: Attachment.optional(),
});

/** The single terminal marker. It is the last entry of its log, and there is exactly one. */
const TurnEnd = z.object({
  kind: z.literal("turn-end"),
  outcome: z.enum(TURN_OUTCOMES),
  stopReason: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string(), retryAfterMs: z.number().optional() }).optional(),
  usage: z.object({ ...TokenCounts, cost: Cost.optional() }).optional(),
});

export const TurnEntry = z.discriminatedUnion("kind", [
  TurnStart,
  Session,
  TextDelta,
  ThoughtDelta,
  MessageBlock,
  ToolCall,
  ToolInputDelta,
  TerminalDelta,
  Todos,
  PermissionRequest,
  PermissionResolved,
  Usage,
  RateLimit,
  Notice,
  Compaction,
  AgentStateChange,
  Sandbox,
  Log,
  Raw,
  TurnEnd,
]);
export type TurnEntry = z.infer<typeof TurnEntry>;
export type TurnEnd = z.infer<typeof TurnEnd>;

/** Where an entry stands: `seq` counts from 1 without gaps, `at` is the operator's clock in epoch milliseconds. */
export const EntryPosition = z.object({ seq: z.number().int().positive(), at: z.number().int().nonnegative() });

/** An entry with its position, as spooled, stored and streamed: `{seq, at, kind, …}`. */
export const LoggedEntry = EntryPosition.and(TurnEntry);
export type LoggedEntry = z.infer<typeof LoggedEntry>;

/** An entry of a newer operator is kept as `raw`, so that an old host neither loses it nor refuses it for ever. */
export function readEntry(value: unknown): TurnEntry {
  const parsed = TurnEntry.safeParse(value);
  if (parsed.success) return parsed.data;
  const kind = (value as { kind?: unknown } | null)?.kind;
  return { kind: "raw", source: "operator", type: typeof kind === "string" ? kind : "unknown", value };
}
