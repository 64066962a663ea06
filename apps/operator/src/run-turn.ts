/**
 * One turn from its first entry to its turn-end: starts the agent, writes down all that it says, passes on stops and
 * permission answers. However it goes, exactly one turn-end is written, and no process of the turn is left.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { STOP_GRACE_MS } from "@signalbox/catalog/timing";
import { startAgent, type AgentCommand, type AgentExit, type AgentProcess } from "./acp-client.ts";
import { followControl } from "./control-log.ts";
import { AGENT_START_MS, KILL_GRACE_MS, TURN_MAX_MS } from "./limits.ts";
import { createAcpMapper } from "./map-acp.ts";
import { createPermissionDesk } from "./permission-desk.ts";
import { claimPidFile, identityOf } from "./process-identity.ts";
import type { Profile } from "./profiles.ts";
import { promptRequest } from "./prompt-blocks.ts";
import type { SpoolWriter } from "./spool.ts";
import type { StartCommand, TurnFolder } from "./turn-folder.ts";
import { createTurnLog } from "./turn-log.ts";
import { endOfError, endOfExit, endOfPrompt, failed, type Ending } from "./turn-outcome.ts";

export interface RunTurnOptions {
  operatorDir: string;
  folder: TurnFolder;
  command: StartCommand;
  /** Null: this operator has no such profile. */
  profile: Profile | null;
  environmentOf(profile: Profile): Record<string, string>;
  spool: SpoolWriter;
  /** Aborted when nobody looks after this runner any more. */
  orphaned: AbortSignal;
}

/** Resolves when the turn-end is written and the agent's process is gone. */
export async function runTurn(options: RunTurnOptions): Promise<void> {
  const { command, profile, folder, spool } = options;
  const giveUp = new AbortController();
  const log = createTurnLog(spool, () => giveUp.abort("too-much-output"));
  log.write({
    kind: "turn-start",
    agent: {
      profileId: command.profileId,
      ...(profile ? { name: profile.shown.name, isDemo: profile.shown.isDemo } : {}),
    },
    ...(profile?.model ? { model: profile.model } : {}),
  });
  if (!profile) {
    log.end(failed("unknown-profile", `This operator has no agent profile "${command.profileId}".`));
    return;
  }

  const mapper = createAcpMapper();
  const permissions = createPermissionDesk(log.write);
  const cwd = join(options.operatorDir, "workspaces", command.planId);
  mkdirSync(cwd, { recursive: true });
  const agentCommand: AgentCommand = {
    command: profile.command,
    args: profile.args,
    env: options.environmentOf(profile),
    cwd,
  };
  const agent = startAgent(agentCommand, {
    onMessage: (method, params) => {
      for (const entry of mapper.mapMessage(method, params)) log.write(entry);
    },
    onStderr: log.writeStderr,
    onPermission: permissions.ask,
  });
  const identity = agent.pid === null ? null : identityOf(agent.pid);
  if (identity) claimPidFile(folder.agentPid, identity);
  log.write({ kind: "agent-state", state: "spawned" });

  const stop = createStop(agent, permissions.close);
  const stopFollowing = followControl(folder.control, (message) => {
    if (message.type === "stop") stop.request();
    else permissions.answer(message.requestId, message.optionId);
  });
  const longest = setTimeout(() => giveUp.abort("too-long"), TURN_MAX_MS);
  const abort = AbortSignal.any([giveUp.signal, options.orphaned]);
  try {
    const ending = await Promise.race([converse(), outcomeOfExit(), outcomeOfStop(), outcomeOfAbort()]);
    permissions.close();
    if (ending.outcome === "failed")
      log.write({ kind: "agent-state", state: "error", reason: ending.error?.code ?? "failed" });
    else log.write({ kind: "agent-state", state: "stopped", reason: ending.stopReason ?? ending.outcome });
    log.end(ending);
  } finally {
    clearTimeout(longest);
    stopFollowing();
    permissions.close();
    stop.release();
    await endProcess(agent);
  }

  async function converse(): Promise<Ending> {
    try {
      const info = await withTimeout(agent.initialize(), AGENT_START_MS);
      if (info === null) return failed("agent-not-started", "The agent did not answer after its start.");
      const reason = [info.agentInfo?.name, info.agentInfo?.version].filter(Boolean).join(" ");
      log.write({ kind: "agent-state", state: "running", ...(reason ? { reason } : {}) });
      const session = await withTimeout(agent.newSession(cwd), AGENT_START_MS);
      if (session === null) return failed("agent-not-started", "The agent did not open a session.");
      for (const entry of mapper.mapSession(session.result)) log.write(entry);
      if (stop.isRequested()) return { outcome: "cancelled", stopReason: "cancelled" };
      stop.setSession(session.sessionId);
      const answer = await agent.prompt(promptRequest(session.sessionId, command, profile?.kind ?? "external"));
      for (const entry of mapper.mapPromptResult(answer.result)) log.write(entry);
      return endOfPrompt(answer);
    } catch (error) {
      if (stop.isRequested()) return { outcome: "cancelled", stopReason: "cancelled" };
      // A connection that closed is told better by how the process ended.
      const exit = await withTimeout(agent.exited, KILL_GRACE_MS);
      if (exit) return exitOutcome(exit);
      return endOfError(error);
    }
  }

  async function outcomeOfExit(): Promise<Ending> {
    return exitOutcome(await agent.exited);
  }

  function exitOutcome(exit: AgentExit): Ending {
    if (!exit.startError)
      log.write({ kind: "agent-state", state: "stopped", exitCode: exit.code, signal: exit.signal });
    return stop.isRequested() ? { outcome: "cancelled", stopReason: "cancelled" } : endOfExit(exit);
  }

  async function outcomeOfStop(): Promise<Ending> {
    await stop.graceOver;
    return { outcome: "cancelled", stopReason: "killed" };
  }

  async function outcomeOfAbort(): Promise<Ending> {
    await aborted(abort);
    if (options.orphaned.aborted) return failed("operator-gone", "The operator that looked after this turn went away.");
    return giveUp.signal.reason === "too-long"
      ? failed("too-long", "The turn took longer than a turn may take.")
      : failed("too-much-output", "The agent wrote more than a turn may hold.");
  }
}

interface Stop {
  request(): void;
  isRequested(): boolean;
  /** From now on a stop is told to the agent. */
  setSession(sessionId: string): void;
  /** Resolves when the agent had its time to end by itself. */
  graceOver: Promise<void>;
  release(): void;
}

function createStop(agent: AgentProcess, onRequest: () => void): Stop {
  let session: string | null = null;
  let timer: NodeJS.Timeout | null = null;
  let resolveGrace = (): void => {};
  const graceOver = new Promise<void>((resolve) => {
    resolveGrace = resolve;
  });
  const tell = (): void => {
    if (session !== null) agent.cancel(session).catch(() => {});
  };
  return {
    request() {
      if (timer) return;
      timer = setTimeout(resolveGrace, STOP_GRACE_MS);
      // First the cancel, then the answers: an agent must know why its request was not answered.
      tell();
      onRequest();
    },
    isRequested: () => timer !== null,
    setSession(sessionId) {
      session = sessionId;
    },
    graceOver,
    release() {
      if (timer) clearTimeout(timer);
    },
  };
}

/** Asks, waits, kills: the agent's group is gone when this resolves. */
async function endProcess(agent: AgentProcess): Promise<void> {
  agent.kill("SIGTERM");
  await withTimeout(agent.exited, KILL_GRACE_MS);
  agent.kill("SIGKILL");
  await withTimeout(agent.exited, KILL_GRACE_MS);
}

/** The value, or null when it takes longer. */
async function withTimeout<T>(promise: Promise<T>, milliseconds: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
