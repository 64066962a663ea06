import { z } from "zod";
import { EntryPosition } from "./turn-entry.ts";

/**
 * What a sandbox's log carries: its state, and each request that left it or was kept in, in order. One sandbox per turn; its
 * log is spooled, acknowledged and stored as the turn's own is. `seq` is the offset, from 1 without gaps.
 */

/** What holds an agent's process. `none`: nothing does; its owner said in so many words that it may run so. */
export const SandboxKind = z.enum(["bubblewrap", "none"]);
export type SandboxKind = z.infer<typeof SandboxKind>;

/** `starting` → `up` → `stopped`, or `failed` from anywhere. */
export const SANDBOX_STATES = ["starting", "up", "stopped", "failed"] as const;
export type SandboxState = (typeof SANDBOX_STATES)[number];

const Rule = z.string().min(1).max(300);

/** What the operator's owner allows, as it is written in the operator's own configuration. */
export const SandboxPolicy = z.object({
  /** Hosts that may be reached: `host`, `*.host`, either with `:port`. Everything else is blocked. */
  allowedDomains: z.array(Rule).max(200),
  /** Folders that may be written beside the workspace: where an agent keeps its own settings and sessions. */
  allowWrite: z.array(Rule).max(50).default([]),
  /** Files and folders that can't be read. */
  denyRead: z.array(Rule).max(200),
});
export type SandboxPolicy = z.infer<typeof SandboxPolicy>;

const Reason = z.string().max(1_000);

/** The first entry: which sandbox, over which folder (relative to the operator's own), under which policy. */
const SandboxStart = z.object({
  kind: z.literal("sandbox-start"),
  sandbox: SandboxKind,
  folder: z.string().max(1_000),
  policy: SandboxPolicy,
  /** Why nothing holds it, where nothing does. */
  reason: Reason.optional(),
});

/** It holds: what follows runs inside. */
const SandboxUp = z.object({ kind: z.literal("sandbox-up") });

/** A request of a process inside, written down before it is let through. */
const SandboxRequest = z.object({
  kind: z.literal("request"),
  host: z.string().max(300),
  port: z.number().int().min(0).max(65_535),
  /** Of a plain HTTP request. Absent for a tunnel, which is not looked into, and where it is not known. */
  method: z.string().max(20).optional(),
  decision: z.enum(["allowed", "blocked"]),
  /** The rule that allowed it, or why it was blocked. */
  reason: Reason,
});
export type SandboxRequest = z.infer<typeof SandboxRequest>;

/** A line for the reader of the log. */
const SandboxNote = z.object({ kind: z.literal("note"), text: Reason });

/** The last entry: nothing runs inside any more. */
const SandboxEnd = z.object({
  kind: z.literal("sandbox-end"),
  outcome: z.enum(["stopped", "failed"]),
  reason: Reason.optional(),
});

export const SandboxEntry = z.discriminatedUnion("kind", [
  SandboxStart,
  SandboxUp,
  SandboxRequest,
  SandboxNote,
  SandboxEnd,
]);
export type SandboxEntry = z.infer<typeof SandboxEntry>;

/** An entry with its offset, as spooled, stored and tailed. */
export const LoggedSandboxEntry = EntryPosition.and(SandboxEntry);
export type LoggedSandboxEntry = z.infer<typeof LoggedSandboxEntry>;

/** An entry of a newer operator is kept as a note that names it: its offset must not be missing. */
export function readSandboxEntry(value: unknown): SandboxEntry {
  const parsed = SandboxEntry.safeParse(value);
  if (parsed.success) return parsed.data;
  const kind = (value as { kind?: unknown } | null)?.kind;
  return {
    kind: "note",
    text: `An entry of the kind ${JSON.stringify(kind)?.slice(0, 60) ?? "unknown"}, which this host does not know.`,
  };
}
