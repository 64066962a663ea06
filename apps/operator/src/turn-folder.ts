/**
 * One turn's folder on the operator's disk, and what each file in it is for. A turn exists once its command is journaled:
 * a folder without `command.json` was never accepted.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { z } from "zod";
import { syncFolder, writeDurably } from "./durable-file.ts";

export type StartCommand = Extract<OperatorCommand, { type: "turn.start" | "attempt.start" }>;

export interface TurnFolder {
  turnId: string;
  path: string;
  /** The log, see `spool.ts`. */
  entries: string;
  /** The journal: the command that started this turn. */
  command: string;
  /** How far the host has it, and how it ended there. */
  acked: string;
  /** Stops and permission answers on their way from daemon to runner. */
  control: string;
  /** Who runs it: claimed once, by the runner itself. */
  runnerPid: string;
  /** The agent's process group, so that it can be ended after its runner died. */
  agentPid: string;
  /** The log of the turn's sandbox, and how far the host has it. */
  sandboxEntries: string;
  sandboxAcked: string;
  /** Temporary files of what runs in the sandbox. */
  temporary: string;
  /** stdout and stderr of the runner, for whoever looks for a reason. */
  runnerLog: string;
}

/** `open`: still being delivered. `stored`: the host has all of it. The others: the host takes no more, and has not all. */
export const AckState = z.object({
  ackedSeq: z.number().int().nonnegative(),
  state: z.enum(["open", "stored", "closed", "diverged", "unknown"]),
  at: z.number().int().nonnegative(),
});
export type AckState = z.infer<typeof AckState>;

/** Ids become folder names. What is not plain is refused, so that none leads out of the operator's folder. */
export function isPlainId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

export function spoolRoot(operatorDir: string): string {
  return join(operatorDir, "spool");
}

export function turnFolder(operatorDir: string, turnId: string): TurnFolder {
  const path = join(spoolRoot(operatorDir), turnId);
  return {
    turnId,
    path,
    entries: join(path, "entries.jsonl"),
    command: join(path, "command.json"),
    acked: join(path, "acked.json"),
    control: join(path, "control.jsonl"),
    runnerPid: join(path, "runner.pid"),
    agentPid: join(path, "agent.pid"),
    sandboxEntries: join(path, "sandbox.jsonl"),
    sandboxAcked: join(path, "sandbox-acked.json"),
    temporary: join(path, "tmp"),
    runnerLog: join(path, "runner.log"),
  };
}

/** The same turn with the log of its sandbox in the place of its own. */
export function sandboxFolder(folder: TurnFolder): TurnFolder {
  return { ...folder, entries: folder.sandboxEntries, acked: folder.sandboxAcked };
}

/** Makes the folder and journals the command, durably. False: this turn was accepted before. */
export function acceptTurn(folder: TurnFolder, command: StartCommand): boolean {
  if (existsSync(folder.command)) return false;
  mkdirSync(folder.path, { recursive: true });
  closeSync(openSync(folder.entries, "a"));
  closeSync(openSync(folder.control, "a"));
  closeSync(openSync(folder.sandboxEntries, "a"));
  writeDurably(folder.command, JSON.stringify(command));
  syncFolder(dirname(folder.path));
  return true;
}

/** The accepted command, or null when there is none. */
export function readCommand(folder: TurnFolder): StartCommand | null {
  const value = readJson(folder.command);
  const parsed = OperatorCommand.safeParse(value);
  if (!parsed.success) return null;
  return parsed.data.type === "turn.start" || parsed.data.type === "attempt.start" ? parsed.data : null;
}

export function readAck(folder: TurnFolder): AckState {
  const parsed = AckState.safeParse(readJson(folder.acked));
  return parsed.success ? parsed.data : { ackedSeq: 0, state: "open", at: 0 };
}

export function writeAck(folder: TurnFolder, ack: AckState): void {
  writeDurably(folder.acked, JSON.stringify(ack));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Where an attempt's agent works: a worktree, made before its first turn. */
export function worktreePath(operatorDir: string, attemptId: string): string {
  return join(operatorDir, "worktrees", attemptId);
}

/** Where the agents of a plan's own turns work. */
export function planFolder(operatorDir: string, planId: string): string {
  return join(operatorDir, "workspaces", planId);
}

/** Where a turn's agent works: a folder for each plan, or the worktree of its attempt. */
export function workFolder(operatorDir: string, command: StartCommand): string {
  return command.type === "attempt.start"
    ? worktreePath(operatorDir, command.attempt.attemptId)
    : planFolder(operatorDir, command.planId);
}

/** Who is the daemon of this folder; runners look here whether anybody still cares for them. */
export function daemonPidPath(operatorDir: string): string {
  return join(operatorDir, "daemon.pid");
}
