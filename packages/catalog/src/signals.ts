import { z } from "zod";
import { ATTEMPT_SIGNALS } from "./attempt-signals.ts";
import { defineSignals, type IdsOf } from "./define-signals.ts";

/**
 * The catalog of change signals: every name that may be emitted, and nothing else may.
 * A signal says "this record changed" and never carries a field of the record.
 * Names are `subject.past-tense` in kebab case. Who is notified of it is said here too, and needs no other code.
 */
export const SIGNALS = defineSignals({
  "plan.created": {
    subject: "plan",
    audience: "workspace",
    ids: ["board"],
    summary: "A plan was added to a board.",
  },
  "plan.updated": {
    subject: "plan",
    audience: "workspace",
    ids: ["board"],
    summary: "A plan's title, description, assignee, estimate, sprint, initiative or place in its column changed.",
  },
  "plan.status-changed": {
    subject: "plan",
    audience: "workspace",
    ids: ["board"],
    summary: "A plan moved to another status.",
    notifies: { category: "plans", about: "plan", tells: ["assignee"], says: "Moved to {status}" },
  },
  "plan.assigned": {
    subject: "plan",
    audience: "workspace",
    ids: ["board"],
    summary: "A plan became somebody's.",
    notifies: { category: "plans", about: "plan", tells: ["assignee"], says: "Assigned to you" },
  },
  "plan.deleted": {
    subject: "plan",
    audience: "workspace",
    ids: ["board"],
    summary: "A plan was removed.",
  },
  "sprint.changed": {
    subject: "sprint",
    audience: "workspace",
    ids: [],
    summary: "A sprint was added, changed or removed.",
  },
  "initiative.changed": {
    subject: "initiative",
    audience: "workspace",
    ids: [],
    summary: "An initiative was added, changed or removed.",
  },
  "chat.created": {
    subject: "chat",
    audience: "workspace",
    ids: ["plan"],
    summary: "A chat was opened on a plan.",
  },
  "run.started": {
    subject: "run",
    audience: "workspace",
    ids: ["turn", "chat", "plan"],
    summary: "An agent was asked to work: a turn was queued or began.",
  },
  "run.progressed": {
    subject: "run",
    audience: "workspace",
    ids: ["turn", "chat", "plan"],
    summary: "A run took up work, or its list of todos moved on.",
  },
  "run.finished": {
    subject: "run",
    audience: "workspace",
    ids: ["turn", "chat", "plan"],
    summary: "A run ended: completed, failed or cancelled.",
    notifies: { category: "runs", about: "run", tells: ["starter"], says: "{end}" },
  },
  ...ATTEMPT_SIGNALS,
  "agent-profile.created": {
    subject: "agent-profile",
    audience: "workspace",
    ids: [],
    summary: "An agent profile was added to the workspace.",
  },
  "agent-profile.updated": {
    subject: "agent-profile",
    audience: "workspace",
    ids: [],
    summary: "An agent profile's command, model or policy changed.",
  },
  "agent-profile.deleted": {
    subject: "agent-profile",
    audience: "workspace",
    ids: [],
    summary: "An agent profile was removed from the workspace.",
  },
  "agent.registered": {
    subject: "agent",
    audience: "workspace",
    ids: ["operator"],
    summary: "An operator registered an agent, or found that one came, changed or went.",
  },
  "agent.spawned": {
    subject: "agent",
    audience: "workspace",
    ids: ["run", "turn", "chat", "plan"],
    summary: "An agent's process was started for a run.",
  },
  "agent.waiting": {
    subject: "agent",
    audience: "workspace",
    ids: ["run", "turn", "chat", "plan"],
    summary: "An agent asked for permission and waited for a person.",
    notifies: { category: "questions", about: "run", tells: ["starter"], says: "The agent asks for your permission" },
  },
  "agent.resumed": {
    subject: "agent",
    audience: "workspace",
    ids: ["run", "turn", "chat", "plan"],
    summary: "An agent got its answer and worked on.",
  },
  "agent.stopped": {
    subject: "agent",
    audience: "workspace",
    ids: ["run", "turn", "chat", "plan"],
    summary: "An agent's process ended.",
  },
  "agent.errored": {
    subject: "agent",
    audience: "workspace",
    ids: ["run", "turn", "chat", "plan"],
    summary: "An agent failed or crashed, or could not be started.",
  },
  "operator.connected": {
    subject: "operator",
    audience: "workspace",
    ids: [],
    summary: "An operator opened its channel.",
  },
  "operator.disconnected": {
    subject: "operator",
    audience: "workspace",
    ids: [],
    summary: "An operator's channel closed, or fell silent for longer than its lease.",
  },
  "operator.changed": {
    subject: "operator",
    audience: "workspace",
    ids: [],
    summary: "An operator was enrolled or its token was revoked.",
    notifies: { category: "system", about: "operator", tells: ["owners"], says: "Operator {state}" },
  },
  "operator.repositories-changed": {
    subject: "operator",
    audience: "workspace",
    ids: [],
    summary: "An operator's owner opened other repositories to attempts than before.",
  },
  "sandbox.started": {
    subject: "sandbox",
    audience: "workspace",
    ids: ["operator", "run"],
    summary: "A sandbox began to come up for a run's agent.",
  },
  "sandbox.came-up": {
    subject: "sandbox",
    audience: "workspace",
    ids: ["operator", "run"],
    summary: "A run's sandbox is up: its agent runs inside.",
  },
  "sandbox.went": {
    subject: "sandbox",
    audience: "workspace",
    ids: ["operator", "run"],
    summary: "A run's sandbox stopped, or failed.",
  },
  "sandbox-log.appended": {
    subject: "sandbox-log",
    audience: "workspace",
    ids: ["sandbox", "run"],
    summary: "Requests were added to a sandbox's network log, at most twice a second.",
  },
  "notification.arrived": {
    subject: "notification",
    audience: "person",
    ids: [],
    optionalIds: ["plan", "run"],
    summary: "A notification was sent to a person.",
  },
  "notification.seen": {
    subject: "notification",
    audience: "person",
    ids: [],
    summary: "A person looked at their notifications: none counts as unseen any more.",
  },
  "notification.acknowledged": {
    subject: "notification",
    audience: "person",
    ids: [],
    summary: "A person opened notifications, or marked them as read.",
  },
  "notification-preference.changed": {
    subject: "notification-preference",
    audience: "person",
    ids: [],
    summary: "A person muted a category of notifications, or wants to hear of it again.",
  },
  "usage.counted": {
    subject: "usage",
    audience: "workspace",
    ids: ["turn", "run"],
    summary: "Tokens or cost of a turn were counted; the turn's id is the id of its usage.",
  },
  "rate-limit.hit": {
    subject: "rate-limit",
    audience: "workspace",
    ids: ["operator", "turn"],
    summary: "A model's provider limited an agent, or prolonged the limit.",
  },
  "rate-limit.lifted": {
    subject: "rate-limit",
    audience: "workspace",
    ids: ["operator", "turn"],
    summary: "A provider's limit was lifted, or its time ran out.",
  },
  "dashboard.changed": {
    subject: "dashboard",
    audience: "workspace",
    ids: [],
    summary: "A tile of the workspace's dashboard was added, replaced, moved or removed.",
  },
  "member.changed": {
    subject: "member",
    audience: "workspace",
    ids: [],
    summary: "A member joined, left or got another role.",
  },
  "api-key.changed": {
    subject: "api-key",
    audience: "workspace",
    ids: [],
    summary: "An API key was made or revoked.",
    notifies: { category: "system", about: "api-key", tells: ["owners"], says: "API key {state}" },
  },
});

export type SignalName = keyof typeof SIGNALS;
export type SignalIds<N extends SignalName> = IdsOf<(typeof SIGNALS)[N]>;
export type Subject = (typeof SIGNALS)[SignalName]["subject"];
/** Names whose audience is one person: emitting them without that person does not compile. */
export type PersonSignalName = {
  [N in SignalName]: (typeof SIGNALS)[N]["audience"] extends "person" ? N : never;
}[SignalName];

export const SIGNAL_NAMES = Object.keys(SIGNALS) as [SignalName, ...SignalName[]];
export const SUBJECTS = [...new Set(Object.values(SIGNALS).map((signal) => signal.subject))] as [Subject, ...Subject[]];

/** A signal on the wire. `at` is the commit's time on the host, epoch milliseconds. No field of the record, ever. */
export const Signal = z.strictObject({
  name: z.enum(SIGNAL_NAMES),
  ids: z.record(z.string().max(40), z.string().max(64)),
  workspaceId: z.string().max(64),
  personId: z.string().max(64).optional(),
  at: z.number().int().nonnegative(),
});
export type Signal = z.infer<typeof Signal>;

export function subjectOf(name: SignalName): Subject {
  return SIGNALS[name].subject;
}

/** The id of the record that changed. With its subject it is the key under which signals conflate. */
export function subjectIdOf(signal: Pick<Signal, "name" | "ids">): string {
  return signal.ids[subjectOf(signal.name)] ?? "";
}
