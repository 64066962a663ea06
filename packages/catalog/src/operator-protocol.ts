import { z } from "zod";
import { AgentPresence, WorkspaceProfile } from "./agent-profile.ts";
import { AttemptDiff, AttemptReport, AttemptStart, Repository } from "./attempt.ts";
import {
  AGENTS_PER_OPERATOR,
  APPEND_MAX_ENTRIES,
  ATTACHMENT_MAX,
  ATTACHMENT_PIECE,
  FILE_READ_MAX_BYTES,
  REPOSITORIES_PER_OPERATOR,
  TEXT_MAX,
} from "./bounds.ts";
import { EntryPosition } from "./turn-entry.ts";

/**
 * What an operator and its host say to each other: mutations `hello`, `append`, `sandboxAppend`, `attach`, `reply`, `heartbeat`,
 * `register`, `report` and the query `profiles` going up, the subscription `commands` coming down. The operator dials; the host never does.
 */
const Id = z.string().min(1).max(64);
const Seq = z.number().int().nonnegative();

/** What holds an agent on its operator. `missing`: it needs a sandbox that is not there, so it is refused; `reason` says what is. */
const ProfileSandbox = z.object({
  kind: z.enum(["bubblewrap", "none", "missing"]),
  reason: z.string().max(1_000).optional(),
  allowedDomains: z.array(z.string().max(300)).max(200),
});
export type ProfileSandbox = z.infer<typeof ProfileSandbox>;

/** An agent as an operator knows it. `isDemo` is true for the built-in agent without a model behind it. */
export const AgentProfile = z.object({
  id: Id,
  name: z.string().min(1).max(100),
  isDemo: z.boolean(),
  /** Where it is configured: beside the operator (default), or in the workspace. */
  source: z.enum(["operator", "workspace"]).optional(),
  /** Absent: it was not looked for, and counts as ready. */
  presence: AgentPresence.optional(),
  /** What holds it there. */
  sandbox: ProfileSandbox.optional(),
});
export type AgentProfile = z.infer<typeof AgentProfile>;

/** Where attempts can be made. Absent: none, as from an operator that knows of no attempts. */
const Repositories = z.array(Repository).max(REPOSITORIES_PER_OPERATOR);

/** First message on every new connection: who is there, and which turns its spool still holds. */
export const HelloInput = z.object({
  protocol: z.number().int(),
  version: z.string().max(40),
  /** Made anew by each process: tells a reconnect from a second operator with the same token. */
  instanceId: Id,
  profiles: z.array(AgentProfile).max(AGENTS_PER_OPERATOR),
  repositories: Repositories.optional(),
  /** `sandboxSeq`: how far the log of the turn's sandbox is, where it has one. */
  turns: z.array(z.object({ turnId: Id, lastSeq: Seq, sandboxSeq: Seq.optional() })).max(1_000),
});
export type HelloInput = z.infer<typeof HelloInput>;

const LogState = z.enum(["open", "closed", "unknown"]);

/** Who the operator is here, and where the host stands with each of its turns. */
export const HelloOutput = z.object({
  operatorId: Id,
  workspaceId: Id,
  /** Fences the connections before this one. */
  generation: z.number().int(),
  heartbeatMs: z.number().int(),
  /** What the host has of each turn named: resend from `ackedSeq + 1`; a turn that is not `open` takes no more. */
  turns: z.array(
    z.object({
      turnId: Id,
      ackedSeq: Seq,
      state: LogState,
      /** The same of its sandbox's log, where the operator named one. */
      sandbox: z.object({ ackedSeq: Seq, state: LogState }).optional(),
    }),
  ),
});
export type HelloOutput = z.infer<typeof HelloOutput>;

/** The agents of this operator as they are now, in place of those that it named before. */
export const RegisterInput = z.object({
  generation: z.number().int(),
  profiles: z.array(AgentProfile).max(AGENTS_PER_OPERATOR),
  repositories: Repositories.optional(),
});
export type RegisterInput = z.infer<typeof RegisterInput>;

/** All profiles of the operator's workspace, for it to check and to register. */
export const ProfilesOutput = z.object({ profiles: z.array(WorkspaceProfile) });
export type ProfilesOutput = z.infer<typeof ProfilesOutput>;

/** The operator lives. `turnIds`: the turns that it still works on or delivers, whose leases are prolonged; absent, all. */
export const HeartbeatInput = z.object({ generation: z.number().int(), turnIds: z.array(Id).max(1_000).optional() });
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

/** Consecutive entries of one turn, or of the log of its sandbox (`sandboxAppend`). One append per log is under way at a time. */
export const AppendInput = z.object({
  generation: z.number().int(),
  turnId: Id,
  entries: z
    .array(EntryPosition.and(z.looseObject({ kind: z.string().max(60) })))
    .min(1)
    .max(APPEND_MAX_ENTRIES),
});
export type AppendInput = z.infer<typeof AppendInput>;

/**
 * `stored`: all is committed up to `ackedSeq`. `gap`: resend from `ackedSeq + 1`. `diverged`: a known sequence with other
 * content; nothing was stored. `closed`: the turn has its turn-end. `fenced`: a newer connection took over.
 */
export const AppendOutput = z.object({
  verdict: z.enum(["stored", "gap", "diverged", "closed", "fenced", "unknown"]),
  ackedSeq: Seq,
});
export type AppendOutput = z.infer<typeof AppendOutput>;

const TURN_START = {
  turnId: Id,
  runId: Id,
  chatId: Id,
  planId: Id,
  profileId: Id,
  /** The workspace's profile of that id, as it was when the turn was started; absent for one of the operator's own. */
  profile: WorkspaceProfile.optional(),
  prompt: z.string().max(TEXT_MAX),
  /** Earlier messages of the chat, oldest first, for agents that can't load a session of their own. */
  history: z.array(z.object({ role: z.enum(["user", "assistant"]), text: z.string() })).max(40),
};

export const OperatorCommand = z.discriminatedUnion("type", [
  /** Take up a turn: an agent of this profile, with this prompt. */
  z.object({ type: z.literal("turn.start"), ...TURN_START }),
  /** Take up a turn of an attempt, in its worktree, which is made with its first turn. */
  z.object({ type: z.literal("attempt.start"), ...TURN_START, attempt: AttemptStart }),
  /** Merge an attempt's branch into its base. `requestId` comes back in the report that answers. */
  z.object({ type: z.literal("attempt.accept"), attemptId: Id, requestId: Id }),
  /** End an attempt's turn, and take its worktree and its branch away. */
  z.object({ type: z.literal("attempt.discard"), attemptId: Id, requestId: Id }),
  /** The workspace's profiles are others now: read them again. */
  z.object({ type: z.literal("profiles.changed") }),
  /** Read a file below the folder that a turn worked in. Answered with a `FileContent`; what leads out of the folder is refused. */
  z.object({
    type: z.literal("file.read"),
    planId: Id,
    /** Of an attempt's turn: the folder is the attempt's worktree. Absent: it is the plan's. An older operator ignores it. */
    attemptId: Id.optional(),
    path: z.string().min(1).max(4_000),
    /** In bytes. */
    offset: Seq,
  }),
  /** End a turn; what was said until then is kept. */
  z.object({ type: z.literal("turn.stop"), turnId: Id }),
  /** What a person chose where the agent asked. */
  z.object({
    type: z.literal("permission.answer"),
    turnId: Id,
    requestId: z.string().max(200),
    optionId: z.string().max(200),
  }),
]);
export type OperatorCommand = z.infer<typeof OperatorCommand>;

/**
 * A command with its place in the operator's own log; delivered at least once, taking effect at most once. An operator
 * that does not know the command's type answers `unknown-command`.
 */
export const CommandFrame = z.object({ seq: z.number().int().positive(), commandId: Id, command: OperatorCommand });
export type CommandFrame = z.infer<typeof CommandFrame>;

/** A part of a file, of at most 256 KiB from the offset that was asked for. */
export const FileContent = z.object({
  base64: z.string().max(Math.ceil(FILE_READ_MAX_BYTES / 3) * 4),
  offset: Seq,
  /** Of the whole file, in bytes. */
  size: Seq,
});
export type FileContent = z.infer<typeof FileContent>;

/** A piece of an entry's whole that was cut; pieces are numbered from 1. One is under way per operator. */
export const AttachInput = z.object({
  generation: z.number().int(),
  turnId: Id,
  attachmentId: z.string().regex(/^a[1-9]\d?$/),
  piece: z
    .number()
    .int()
    .positive()
    .max(Math.ceil(ATTACHMENT_MAX / ATTACHMENT_PIECE)),
  text: z.string().max(ATTACHMENT_PIECE),
  isLast: z.boolean(),
});
export type AttachInput = z.infer<typeof AttachInput>;

/** `gap`: go on with `stored + 1`. `unknown`: this host has no such turn of this operator. */
export const AttachOutput = z.object({
  verdict: z.enum(["stored", "gap", "fenced", "unknown"]),
  /** Pieces that the host has. */
  stored: Seq,
});
export type AttachOutput = z.infer<typeof AttachOutput>;

/** What became of a command. Until it is said, the command is delivered again. */
export const ReplyInput = z.object({
  generation: z.number().int(),
  commandId: Id,
  result: z.discriminatedUnion("ok", [
    /** `value`: what a command that asks for something is answered with. */
    z.object({ ok: z.literal(true), value: z.unknown().optional() }),
    z.object({ ok: z.literal(false), code: z.string().max(60), message: z.string().max(1_000) }),
  ]),
});
export type ReplyInput = z.infer<typeof ReplyInput>;

/** How an attempt stands. Sent until it is answered; what the host has already, or a newer revision of, changes nothing. */
export const ReportInput = z.object({
  generation: z.number().int(),
  report: AttemptReport,
  /** What the branch changes, whenever that is another; absent, as reported before. */
  diff: AttemptDiff.optional(),
});
export type ReportInput = z.infer<typeof ReportInput>;

/** `stored`: the host has it. `unknown`: it has no such attempt. `fenced`: a newer connection took over. */
export const ReportOutput = z.object({ verdict: z.enum(["stored", "unknown", "fenced"]) });
export type ReportOutput = z.infer<typeof ReportOutput>;
