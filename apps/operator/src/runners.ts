/**
 * Starts a runner for each turn, finds out when one is dead, and then writes the turn-end that it could not write.
 * Runners belong to turns and not to the daemon: one that is alive is left alone, whoever started it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { runnerEnvironment } from "./config.ts";
import type { Logger } from "./logger.ts";
import { ownScript } from "./own-script.ts";
import { isAlive, killGroup, killLeftBehind, readPidFile } from "./process-identity.ts";
import { removeMountPoints } from "./sandbox/mount-points.ts";
import { openSandboxLog, readWorkspace } from "./sandbox/sandbox-log.ts";
import { openSpool } from "./spool.ts";
import { readCommand, type TurnFolder } from "./turn-folder.ts";
import { failed } from "./turn-outcome.ts";

/** A runner that can't even claim its turn gets one more try: the first may have been killed in that instant. */
const START_ATTEMPTS = 2;

export interface Runners {
  /** Starts the turn's runner unless it has one, dead or alive. */
  ensure(folder: TurnFolder): void;
  /** Whether something still works for this turn. What a runner left behind that died since it was looked at is ended. */
  isRunning(folder: TurnFolder): boolean;
  /**
   * For a turn without turn-end: starts what never began, ends what died. `hostSeq` is the last entry that the host has;
   * null while it is not known, and then nothing is ended. True when it wrote the turn-end.
   */
  look(folder: TurnFolder, hostSeq: number | null): boolean;
  /** For a turn whose runner is gone: ends the log of its sandbox, if that has none. */
  endSandbox(folder: TurnFolder): void;
}

export interface RunnersOptions {
  operatorDir: string;
  log: Logger;
  now(): number;
  /** A runner that this daemon started has ended. */
  onExit(turnId: string): void;
}

export function createRunners({ operatorDir, log, now, onExit }: RunnersOptions): Runners {
  const children = new Map<string, ChildProcess>();
  /** How often a turn was started that has no runner yet. */
  const attempts = new Map<string, number>();
  /** Runners that this daemon saw alive when it looked last. */
  const alive = new Set<string>();

  function start(folder: TurnFolder): void {
    const { turnId } = folder;
    attempts.set(turnId, (attempts.get(turnId) ?? 0) + 1);
    const output = openSync(folder.runnerLog, "a");
    const script = ownScript("runner");
    const child = spawn(process.execPath, [script, operatorDir, turnId], {
      detached: true,
      stdio: ["ignore", output, output],
      env: runnerEnvironment(),
    });
    closeSync(output);
    child.unref();
    children.set(turnId, child);
    const gone = (): void => {
      if (children.get(turnId) === child) children.delete(turnId);
      // Tries count until one has claimed its turn: after that there is none any more.
      if (readPidFile(folder.runnerPid)) attempts.delete(turnId);
      onExit(turnId);
    };
    child.once("exit", gone);
    child.once("error", (error) => {
      log.error({ turnId, err: error }, "the runner could not be started");
      gone();
    });
    log.info({ turnId, runnerPid: child.pid }, "runner started");
  }

  function isRunning({ turnId, runnerPid }: TurnFolder): boolean {
    const runner = readPidFile(runnerPid);
    const isThere = runner ? isAlive(runner) : children.has(turnId);
    if (isThere) alive.add(turnId);
    // Its sandbox's way out is processes of its own, which a runner that was killed did not end.
    else if (alive.delete(turnId) && runner) killLeftBehind(runner);
    return isThere;
  }

  return {
    ensure(folder) {
      if (!children.has(folder.turnId) && !readPidFile(folder.runnerPid)) start(folder);
    },
    isRunning,
    look(folder, hostSeq) {
      const runner = readPidFile(folder.runnerPid);
      if (isRunning(folder)) return false;
      if (!runner && (attempts.get(folder.turnId) ?? 0) < START_ATTEMPTS) {
        start(folder);
        return false;
      }
      if (hostSeq === null) return false;
      log.warn({ turnId: folder.turnId, runnerPid: runner?.pid }, "runner died without a turn-end");
      endDeadTurn(folder, hostSeq, now);
      attempts.delete(folder.turnId);
      return true;
    },
    endSandbox(folder) {
      const workspace = readWorkspace(folder.sandboxEntries);
      // In a worktree an empty file may be the repository's own: what git knows is asked before the attempt's commit.
      if (workspace !== null && readCommand(folder)?.type === "turn.start")
        removeMountPoints(join(operatorDir, workspace));
      const spool = openSandboxLog(folder.sandboxEntries, now);
      spool.end(
        "failed",
        "The process that held it ended unexpectedly. Its proxy ended with it: nothing goes out any more.",
      );
      spool.close();
    },
  };
}

/** Nobody else writes this spool any more: its runner is dead, and there is one daemon per folder. */
function endDeadTurn(folder: TurnFolder, hostSeq: number, now: () => number): void {
  const agent = readPidFile(folder.agentPid);
  if (agent && isAlive(agent)) killGroup(agent.pid, "SIGKILL");
  const spool = openSpool(folder.entries, now);
  try {
    if (spool.state().isEnded) return;
    if (spool.state().lastSeq === 0) {
      spool.append({ kind: "turn-start", agent: { profileId: readCommand(folder)?.profileId ?? "unknown" } });
    }
    // After a loss of power the host may have more than the disk. What it has stays; the turn-end goes behind it.
    while (spool.state().lastSeq < hostSeq) {
      spool.append({
        kind: "log",
        level: "warn",
        source: "operator",
        text: "This entry was lost on the operator's disk.",
      });
    }
    const message = "The process that ran this turn ended unexpectedly. What it had written is kept.";
    spool.append({ kind: "agent-state", state: "error", reason: "runner-died" });
    spool.append({ kind: "turn-end", ...failed("runner-died", message) });
  } finally {
    spool.close();
  }
}
