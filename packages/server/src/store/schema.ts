/**
 * Every table, for the embedded store and for PostgreSQL alike (nothing beyond PostgreSQL 15).
 * Row-level security is laid by `migrations/0001_row-level-security.sql`, beside what Drizzle generates from here.
 */
import type { NotificationCategory } from "@signalbox/catalog/notifications";
import type { SignalIds, SignalName } from "@signalbox/catalog/signals";
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";
import type { PermissionPolicy } from "@signalbox/catalog/agent-profile";
import type { AttemptDiff, AttemptProblem, AttemptReport, AttemptStatus, Repository } from "@signalbox/catalog/attempt";
import type { AgentProfile, OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import type { AgentState, TurnEntry, TurnOutcome } from "@signalbox/catalog/turn-entry";
import type { SandboxKind, SandboxPolicy, SandboxState } from "@signalbox/catalog/sandbox-entry";
import type { TurnView } from "@signalbox/catalog/turn-view";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Role } from "../access/role.ts";
import type { TurnUsage } from "../usage/turn-usage.ts";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const createdAt = () => at("created_at").notNull().defaultNow();
const count = (name: string) => bigint(name, { mode: "number" });

// People and sessions: the shapes that better-auth asks for.

export const user = pgTable("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text("image"),
  createdAt: createdAt(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

export const session = pgTable(
  "session",
  {
    id: text("id").primaryKey(),
    token: text("token").notNull().unique(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    expiresAt: at("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("session_user").on(table.userId)],
);

export const account = pgTable(
  "account",
  {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: at("access_token_expires_at"),
    refreshTokenExpiresAt: at("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("account_user").on(table.userId)],
);

export const verification = pgTable("verification", {
  id: text("id").primaryKey(),
  identifier: text("identifier").notNull(),
  value: text("value").notNull(),
  expiresAt: at("expires_at").notNull(),
  createdAt: createdAt(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** One-time links, kept only as a hash. */
export const signInLink = pgTable("sign_in_link", {
  tokenHash: text("token_hash").primaryKey(),
  userId: text("user_id")
    .notNull()
    .references(() => user.id, { onDelete: "cascade" }),
  expiresAt: at("expires_at").notNull(),
  usedAt: at("used_at"),
});

// Workspaces and who may enter.

export const workspace = pgTable("workspace", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** IANA name: when a day begins here. */
  timeZone: text("time_zone").notNull().default("UTC"),
  createdAt: createdAt(),
});

const workspaceId = () =>
  text("workspace_id")
    .notNull()
    .references(() => workspace.id, { onDelete: "cascade" });

export const member = pgTable(
  "member",
  {
    workspaceId: workspaceId(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    role: text("role").$type<Role>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.userId] }), index("member_user").on(table.userId)],
);

export const apiKey = pgTable("api_key", {
  id: text("id").primaryKey(),
  workspaceId: workspaceId(),
  name: text("name").notNull(),
  role: text("role").$type<Role>().notNull(),
  keyHash: text("key_hash").notNull().unique(),
  createdAt: createdAt(),
  revokedAt: at("revoked_at"),
});

// The work.

export const board = pgTable("board", {
  id: text("id").primaryKey(),
  workspaceId: workspaceId(),
  name: text("name").notNull(),
  createdAt: createdAt(),
});

export const initiative = pgTable("initiative", {
  id: text("id").primaryKey(),
  workspaceId: workspaceId(),
  title: text("title").notNull(),
  description: text("description").notNull().default(""),
  createdAt: createdAt(),
});

export const sprint = pgTable("sprint", {
  id: text("id").primaryKey(),
  workspaceId: workspaceId(),
  name: text("name").notNull(),
  startsOn: text("starts_on").notNull(),
  endsOn: text("ends_on").notNull(),
  createdAt: createdAt(),
});

export const plan = pgTable(
  "plan",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    boardId: text("board_id")
      .notNull()
      .references(() => board.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    description: text("description").notNull().default(""),
    status: text("status").$type<PlanStatus>().notNull(),
    /** A fractional index; compared byte by byte (collation "C"), never by a language's rules. */
    position: text("position").notNull(),
    assigneeId: text("assignee_id").references(() => user.id, { onDelete: "set null" }),
    estimate: integer("estimate"),
    sprintId: text("sprint_id").references(() => sprint.id, { onDelete: "set null" }),
    initiativeId: text("initiative_id").references(() => initiative.id, { onDelete: "set null" }),
    version: integer("version").notNull().default(1),
    createdBy: text("created_by"),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("plan_board").on(table.boardId, table.status), index("plan_workspace").on(table.workspaceId)],
);

/**
 * What happened to plans as far as reports ask: a row with each change of status, estimate or sprint, written with it.
 * It outlives the plan. The state at any moment is the newest row of each plan up to then.
 */
export const planChange = pgTable(
  "plan_change",
  {
    planId: text("plan_id").notNull(),
    /** The plan's version after the change. */
    version: integer("version").notNull(),
    workspaceId: workspaceId(),
    at: at("at").notNull(),
    /** Null: it was created with this. */
    fromStatus: text("from_status").$type<PlanStatus>(),
    /** Null: it was removed with this. */
    status: text("status").$type<PlanStatus>(),
    estimate: integer("estimate"),
    sprintId: text("sprint_id"),
  },
  (table) => [
    primaryKey({ columns: [table.planId, table.version] }),
    index("plan_change_workspace").on(table.workspaceId, table.planId, table.version),
  ],
);

export const chat = pgTable(
  "chat",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    planId: text("plan_id")
      .notNull()
      .references(() => plan.id, { onDelete: "cascade" }),
    title: text("title").notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("chat_plan").on(table.planId)],
);

export const run = pgTable(
  "run",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    kind: text("kind").$type<"chat" | "attempt">().notNull(),
    title: text("title").notNull(),
    planId: text("plan_id")
      .notNull()
      .references(() => plan.id, { onDelete: "cascade" }),
    state: text("state").$type<"queued" | "running" | "finished">().notNull(),
    outcome: text("outcome").$type<TurnOutcome>(),
    progress: jsonb("progress").$type<{ done: number; total: number; current: string | null }>(),
    /** What its agent's process does now; null before it was started. */
    agentState: text("agent_state").$type<AgentState>(),
    startedBy: text("started_by"),
    createdAt: createdAt(),
    startedAt: at("started_at"),
    endedAt: at("ended_at"),
  },
  (table) => [index("run_workspace").on(table.workspaceId, table.createdAt)],
);

export const turn = pgTable(
  "turn",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    chatId: text("chat_id")
      .notNull()
      .references(() => chat.id, { onDelete: "cascade" }),
    planId: text("plan_id")
      .notNull()
      .references(() => plan.id, { onDelete: "cascade" }),
    runId: text("run_id")
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
    operatorId: text("operator_id"),
    profileId: text("profile_id").notNull(),
    prompt: text("prompt").notNull(),
    status: text("status").$type<"queued" | "streaming" | "completed" | "failed">().notNull(),
    outcome: text("outcome").$type<TurnOutcome>(),
    /** The head of the turn's log. */
    lastSeq: integer("last_seq").notNull().default(0),
    /** Entries up to here are no longer in the log; `record` stands for them. */
    floor: integer("floor").notNull().default(0),
    /** The fold of the whole log, written with its turn-end. */
    record: jsonb("record").$type<TurnView>(),
    /** What it has used, folded from its entries. */
    usage: jsonb("usage").$type<TurnUsage>(),
    /** Who asked for its stop; their own act is not notified to them. */
    stopRequestedBy: text("stop_requested_by"),
    /** Queued: when it fails for want of an operator. Streaming: when its operator counts as gone. */
    leaseUntil: at("lease_until").notNull(),
    startedBy: text("started_by"),
    createdAt: createdAt(),
    startedAt: at("started_at"),
    endedAt: at("ended_at"),
  },
  (table) => [
    index("turn_chat").on(table.chatId, table.createdAt),
    index("turn_status").on(table.status),
    // At most one turn of a chat is under way: the rule holds even for two hosts that start one at the same instant.
    uniqueIndex("turn_one_per_chat").on(table.chatId).where(sqlRunning()),
  ],
);

export const notification = pgTable(
  "notification",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** What it was made of: the signal's name, and its ids. */
    signal: text("signal").notNull(),
    ids: jsonb("ids").$type<Record<string, string>>().notNull(),
    category: text("category").$type<NotificationCategory>().notNull(),
    /** The title of the record that it is about, and what happened to it: as they were then. */
    title: text("title").notNull(),
    says: text("says").notNull(),
    createdAt: createdAt(),
    /** Looked at in a list. */
    seenAt: at("seen_at"),
    /** Opened, or marked as read. */
    readAt: at("read_at"),
  },
  (table) => [index("notification_person").on(table.workspaceId, table.userId, table.createdAt)],
);

// Usage and limits.

/** What a turn used of a model. It outlives the turn: what was spent stays spent. */
export const usage = pgTable(
  "usage",
  {
    turnId: text("turn_id").notNull(),
    model: text("model").notNull(),
    workspaceId: workspaceId(),
    /** A person or an API key. */
    startedBy: text("started_by"),
    /** When it was counted last. */
    at: at("at").notNull(),
    /** Kinds that don't overlap. */
    inputTokens: count("input_tokens").notNull(),
    cachedReadTokens: count("cached_read_tokens").notNull(),
    cachedWriteTokens: count("cached_write_tokens").notNull(),
    outputTokens: count("output_tokens").notNull(),
    otherTokens: count("other_tokens").notNull(),
    /** What the agent said that it cost, in millionths. */
    reportedMicros: count("reported_micros"),
    reportedCurrency: text("reported_currency"),
  },
  (table) => [
    primaryKey({ columns: [table.turnId, table.model] }),
    index("usage_workspace").on(table.workspaceId, table.at),
  ],
);

/** A provider that limits an operator's agents now. The row goes when the limit is lifted, or is over. */
export const rateLimit = pgTable(
  "rate_limit",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    operatorId: text("operator_id")
      .notNull()
      .references(() => operator.id, { onDelete: "cascade" }),
    provider: text("provider").notNull(),
    /** Empty where the agent does not say which. */
    model: text("model").notNull(),
    status: integer("status"),
    turnId: text("turn_id").notNull(),
    hitAt: at("hit_at").notNull(),
    until: at("until").notNull(),
  },
  (table) => [
    uniqueIndex("rate_limit_of_operator").on(table.operatorId, table.provider, table.model),
    index("rate_limit_workspace").on(table.workspaceId),
  ],
);

/** Categories that a person does not want to hear of; without a row they do. Gone with the membership. */
export const notificationMute = pgTable(
  "notification_mute",
  {
    workspaceId: workspaceId(),
    userId: text("user_id").notNull(),
    category: text("category").$type<NotificationCategory>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.userId, table.category] }),
    foreignKey({
      name: "notification_mute_member_fk",
      columns: [table.workspaceId, table.userId],
      foreignColumns: [member.workspaceId, member.userId],
    }).onDelete("cascade"),
  ],
);

// Reports.

/** What a workspace's numbers were on a local day. Written once; a day without a row was not captured. */
export const dailySnapshot = pgTable(
  "daily_snapshot",
  {
    workspaceId: workspaceId(),
    /** `YYYY-MM-DD` in the workspace's time zone. */
    day: text("day").notNull(),
    metric: text("metric").notNull(),
    /** Read through the metric's schema, never as it is. */
    value: jsonb("value").$type<unknown>().notNull(),
    capturedAt: at("captured_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.metric, table.day] })],
);

/** The tiles of a workspace's dashboard. */
export const dashboardTile = pgTable(
  "dashboard_tile",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    /** A panel's id. It may name a panel that this version does not know. */
    panelId: text("panel_id").notNull(),
    params: jsonb("params").$type<Record<string, unknown>>().notNull(),
    /** A fractional index; compared byte by byte. */
    position: text("position").notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("dashboard_tile_workspace").on(table.workspaceId)],
);

// Operators and agents.

/** What people write down about agents. The operators decide which of them they run. */
export const agentProfile = pgTable(
  "agent_profile",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    name: text("name").notNull(),
    command: text("command").notNull(),
    args: jsonb("args").$type<string[]>().notNull(),
    /** Names alone; the values are the operators' own. */
    env: jsonb("env").$type<string[]>().notNull(),
    model: text("model"),
    policy: text("policy").$type<PermissionPolicy>().notNull(),
    createdBy: text("created_by"),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("agent_profile_workspace").on(table.workspaceId)],
);

export const operator = pgTable(
  "operator",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    name: text("name").notNull(),
    tokenHash: text("token_hash").notNull().unique(),
    /** While the token is exchanged: the new one, and since when. Its first use puts it in the old one's place. */
    nextTokenHash: text("next_token_hash").unique(),
    tokenRotatedAt: at("token_rotated_at"),
    /** Raised by each hello; an append of an older one is fenced. */
    generation: integer("generation").notNull().default(0),
    isConnected: boolean("is_connected").notNull().default(false),
    connectedAt: at("connected_at"),
    lastSeenAt: at("last_seen_at"),
    profiles: jsonb("profiles").$type<AgentProfile[]>().notNull().default([]),
    /** Where attempts can be made. */
    repositories: jsonb("repositories").$type<Repository[]>().notNull().default([]),
    /** Head of the operator's command log. */
    commandSeq: integer("command_seq").notNull().default(0),
    createdAt: createdAt(),
    revokedAt: at("revoked_at"),
  },
  (table) => [index("operator_workspace").on(table.workspaceId)],
);

export const operatorCommand = pgTable(
  "operator_command",
  {
    operatorId: text("operator_id")
      .notNull()
      .references(() => operator.id, { onDelete: "cascade" }),
    seq: integer("seq").notNull(),
    id: text("id").notNull().unique(),
    workspaceId: workspaceId(),
    /** Null: it is about no turn. */
    turnId: text("turn_id"),
    command: jsonb("command").$type<OperatorCommand>().notNull(),
    createdAt: createdAt(),
    repliedAt: at("replied_at"),
    /** What the operator answered; null while it has not, and when the command was taken back. */
    result: jsonb("result").$type<ReplyInput["result"]>(),
  },
  (table) => [primaryKey({ columns: [table.operatorId, table.seq] })],
);

export const sandbox = pgTable(
  "sandbox",
  {
    /** The id of the turn whose agent it holds. */
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    operatorId: text("operator_id")
      .notNull()
      .references(() => operator.id, { onDelete: "cascade" }),
    runId: text("run_id")
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
    kind: text("kind").$type<SandboxKind>().notNull().default("none"),
    state: text("state").$type<SandboxState>().notNull().default("stopped"),
    reason: text("reason"),
    folder: text("folder").notNull(),
    policy: jsonb("policy")
      .$type<SandboxPolicy>()
      .notNull()
      .default(sql`'{"allowedDomains":[],"denyRead":[]}'::jsonb`),
    /** Requests that were let through and kept in, those of pruned entries included. */
    allowed: integer("allowed").notNull().default(0),
    blocked: integer("blocked").notNull().default(0),
    /** Head and floor of its log; the log has its end. */
    lastSeq: integer("last_seq").notNull().default(0),
    floor: integer("floor").notNull().default(0),
    isLogEnded: boolean("is_log_ended").notNull().default(false),
    startedAt: at("started_at").notNull().defaultNow(),
    cameUpAt: at("came_up_at"),
    wentAt: at("went_at"),
  },
  (table) => [index("sandbox_workspace").on(table.workspaceId, table.startedAt), index("sandbox_run").on(table.runId)],
);

// Attempts.

/** An agent's try at a plan, in a git worktree beside an operator. What git says is the operator's word, as it came last. */
export const attempt = pgTable(
  "attempt",
  {
    id: text("id").primaryKey(),
    workspaceId: workspaceId(),
    planId: text("plan_id")
      .notNull()
      .references(() => plan.id, { onDelete: "cascade" }),
    /** Its conversation: each message is a further turn in the same worktree. */
    chatId: text("chat_id")
      .notNull()
      .references(() => chat.id, { onDelete: "cascade" }),
    /** Of its last turn. */
    runId: text("run_id").notNull(),
    turnId: text("turn_id").notNull(),
    operatorId: text("operator_id")
      .notNull()
      .references(() => operator.id, { onDelete: "cascade" }),
    profileId: text("profile_id").notNull(),
    repository: text("repository").notNull(),
    branch: text("branch").notNull(),
    /** The plan's title and page when it was started: they are in its commits. */
    title: text("title").notNull(),
    link: text("link").notNull(),
    status: text("status").$type<AttemptStatus>().notNull(),
    /** What a person asked for last, until the operator answered it. */
    requestId: text("request_id"),
    /** As of which revision the operator's word is; 0 before its first. */
    revision: integer("revision").notNull().default(0),
    base: text("base").notNull(),
    baseCommit: text("base_commit"),
    headCommit: text("head_commit"),
    pending: integer("pending").notNull().default(0),
    files: integer("files").notNull().default(0),
    additions: integer("additions").notNull().default(0),
    deletions: integer("deletions").notNull().default(0),
    pushedCommit: text("pushed_commit"),
    pullRequest: jsonb("pull_request").$type<AttemptReport["pullRequest"]>(),
    compareUrl: text("compare_url"),
    conflicts: jsonb("conflicts").$type<string[]>().notNull().default([]),
    problem: jsonb("problem").$type<AttemptProblem>(),
    startedBy: text("started_by"),
    createdAt: createdAt(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [
    index("attempt_plan").on(table.planId, table.createdAt),
    index("attempt_workspace").on(table.workspaceId),
    uniqueIndex("attempt_chat").on(table.chatId),
    uniqueIndex("attempt_turn").on(table.turnId),
  ],
);

/** What an attempt's branch changes, kept so that it shows while its operator is away. */
export const attemptDiff = pgTable("attempt_diff", {
  attemptId: text("attempt_id")
    .primaryKey()
    .references(() => attempt.id, { onDelete: "cascade" }),
  workspaceId: workspaceId(),
  diff: jsonb("diff").$type<AttemptDiff>().notNull(),
  at: at("at").notNull().defaultNow(),
});

// Logs.

/** Where each workspace's outbox stands. Locked by a mutation until it commits, so commit order is sequence order. */
export const outboxHead = pgTable("outbox_head", {
  workspaceId: text("workspace_id")
    .primaryKey()
    .references(() => workspace.id, { onDelete: "cascade" }),
  seq: count("seq").notNull().default(0),
  /** Signals up to here were pruned. */
  floor: count("floor").notNull().default(0),
});

export const outbox = pgTable(
  "outbox",
  {
    workspaceId: workspaceId(),
    seq: count("seq").notNull(),
    name: text("name").$type<SignalName>().notNull(),
    ids: jsonb("ids").$type<SignalIds<SignalName>>().notNull(),
    personId: text("person_id"),
    at: at("at").notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.seq] }), index("outbox_at").on(table.at)],
);

/** One table for every log that carries a payload: `log` names it (`turn:<id>`, `sandbox:<id>`). */
export const logEntry = pgTable(
  "log_entry",
  {
    log: text("log").notNull(),
    seq: integer("seq").notNull(),
    workspaceId: workspaceId(),
    /** The writer's clock, epoch milliseconds. */
    at: count("at").notNull(),
    /** Not `jsonb`: streams write it as it was appended, byte for byte. */
    body: json("body").$type<TurnEntry>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.seq] })],
);

/** One row: facts about the store itself. */
export const storeMeta = pgTable("store_meta", {
  id: integer("id").primaryKey().default(1),
  /** Raised after a restore, so that cursors of the lost tail are told from today's. */
  epoch: integer("epoch").notNull().default(1),
  /** When a reaper looked last, whichever host's: leases are prolonged by the time in which none did. */
  reaperTickedAt: at("reaper_ticked_at"),
});

function sqlRunning() {
  return sql`status in ('queued', 'streaming')`;
}
