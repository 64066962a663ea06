/**
 * One turn from its first entry to its turn-end: starts the agent, writes down all that it says, passes on stops and
 * permission answers, and goes on after a crash where the agent can. However it goes, exactly one turn-end is written, and
 * no process of the turn is left.
 */
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as passTime } from "node:timers/promises";
import { startAgent, type AgentExit, type AgentProcess } from "./acp-client.ts";
import { createAttachmentWriter } from "./attachments.ts";
import type { Refusal } from "./chosen-profile.ts";
import { followControl } from "./control-log.ts";
import { endAgent } from "./end-agent.ts";
import { openTurnGateway } from "./gateway/turn-gateway.ts";
import { AGENT_START_MS, CRASHES_SURVIVED, DISK_RETRY_MS, KILL_GRACE_MS, TURN_MAX_MS } from "./limits.ts";
import { createAcpMapper } from "./map-acp.ts";
import { createPermissionDesk } from "./permission-desk.ts";
import { openPermissionMemory } from "./permission-memory.ts";
import { claimPidFile, identityOf } from "./process-identity.ts";
import type { Profile } from "./profiles.ts";
import { continueRequest, promptRequest } from "./prompt-blocks.ts";
import type { TurnSandbox } from "./sandbox/turn-sandbox.ts";
import type { SpoolWriter } from "./spool.ts";
import { workFolder, type StartCommand, type TurnFolder } from "./turn-folder.ts";
import { createTurnLog } from "./turn-log.ts";
import { endOfError, endOfExit, endOfPrompt, failed, type Ending } from "./turn-outcome.ts";
import { chooseModel, greet } from "./turn-session.ts";
import { createTurnStop } from "./turn-stop.ts";
import { withTimeout } from "./with-timeout.ts";

export interface RunTurnOptions {
  operatorDir: string;
  folder: TurnFolder;
  command: StartCommand;
  profile: Profile | Refusal;
  sandboxOf(profile: Profile): Promise<TurnSandbox>;
  spool: SpoolWriter;
  /** Aborted when nobody looks after this runner any more. */
  orphaned: AbortSignal;
}

/** Resolves when the turn-end is written and the agent's process is gone. */
export async function runTurn({
  operatorDir,
  folder,
  command,
  profile,
  sandboxOf,
  spool,
  orphaned,
}: RunTurnOptions): Promise<void> {
  const giveUp = new AbortController();
  const attachments = createAttachmentWriter(folder.path);
  const log = createTurnLog({ spool, attachments, onOver: (ending) => giveUp.abort(ending) });
  if ("code" in profile) {
    log.write({ kind: "turn-start", agent: { profileId: command.profileId } });
    return endTurn(failed(profile.code, profile.message));
  }
  const { name, isDemo } = profile.shown;
  log.write({
    kind: "turn-start",
    agent: { profileId: command.profileId, name, isDemo },
    ...(profile.model ? { model: profile.model } : {}),
  });

  const mapper = createAcpMapper();
  const memory = openPermissionMemory(operatorDir, command);
  const permissions = createPermissionDesk({ write: log.write, policy: profile.policy, memory });
  const cwd = workFolder(operatorDir, command);
  // A worktree is there before its turn; one that is gone is not to be made up for by an empty folder.
  if (command.type === "turn.start") mkdirSync(cwd, { recursive: true });
  const { kind, model } = profile;
  const gateway = await openTurnGateway(profile, operatorDir, log.write);
  const sandbox = await sandboxOf(profile);
  const held = await sandbox.open(cwd, gateway.passage);
  if ("refused" in held) {
    log.end(held.refused);
    gateway.close();
    await sandbox.close();
    return endTurn(held.refused);
  }
  log.write(held.entry);
  const { command: program, args } = profile;
  const agentCommand = await sandbox.wrap({ command: program, args, env: gateway.env, cwd });
  const stop = createTurnStop(permissions.close);
  let current: AgentProcess | null = null;
  /** While a session is loaded the agent repeats what stands in the log already. */
  let isRepeating = false;

  const stopFollowing = followControl(folder.control, (message) => {
    if (message.type === "stop") stop.request();
    else permissions.answer(message.requestId, message.optionId);
  });
  const longest = setTimeout(() => giveUp.abort(TOO_LONG), TURN_MAX_MS);
  const abort = AbortSignal.any([giveUp.signal, orphaned]);
  let ending: Ending;
  try {
    ending = await Promise.race([converse(), outcomeOfStop(), outcomeOfAbort()]);
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
    gateway.close();
    if (current) await endAgent(current);
    await sandbox.close();
  }
  return endTurn(ending);

  /** Nothing of the turn runs any more: a disk that takes not even its end is waited for. */
  async function endTurn(end: Ending): Promise<void> {
    while (!log.end(end)) {
      if (orphaned.aborted) throw new Error("The turn-end could not be written, and nobody looks after the turn.");
      await passTime(DISK_RETRY_MS, undefined, { signal: orphaned }).catch(() => {});
    }
  }

  function launch(): AgentProcess {
    const agent = startAgent(agentCommand, {
      onMessage: (method, params) => {
        if (isRepeating) return;
        for (const entry of mapper.mapMessage(method, params)) {
          permissions.noteCall(entry);
          log.write(entry);
        }
      },
      onStderr: log.writeStderr,
      onPermission: permissions.ask,
    });
    const identity = agent.pid === null ? null : identityOf(agent.pid);
    rmSync(folder.agentPid, { force: true });
    if (identity) claimPidFile(folder.agentPid, identity);
    current = agent;
    log.write({ kind: "agent-state", state: "spawned" });
    return agent;
  }

  /** The agent's whole part of the turn, through its crashes. */
  async function converse(): Promise<Ending> {
    let loaded: string | null = null;
    for (let crashes = 0; ; crashes += 1) {
      const agent = launch();
      const session: OpenSession = { id: loaded, canLoad: false };
      const exited = agent.exited.then((exit) => ({ exit }));
      const said = await Promise.race([converseOnce(agent, session), exited]);
      if (!("exit" in said)) return said;
      if (stop.isRequested()) return CANCELLED;
      const { exit } = said;
      const mayGoOn = session.id !== null && session.canLoad && crashes < CRASHES_SURVIVED && !abort.aborted;
      if (!mayGoOn) return endingOf(exit);
      permissions.withdraw();
      log.write({ kind: "agent-state", state: "error", reason: "crashed", exitCode: exit.code, signal: exit.signal });
      log.write({
        kind: "notice",
        severity: "warning",
        title: "The agent crashed and is started again",
        description: "It goes on in its session. What it had written is kept.",
      });
      loaded = session.id;
      // What it started works on in the same folder, and would be nobody's once another agent is the turn's.
      await endAgent(agent);
    }
  }

  /** One process of the agent, through its answer or its death. */
  async function converseOnce(agent: AgentProcess, session: OpenSession): Promise<Ending | { exit: AgentExit }> {
    try {
      const greeting = await greet(agent);
      if (greeting === null) return failed("agent-not-started", "The agent did not answer after its start.");
      const { words, canLoad } = greeting;
      log.write({ kind: "agent-state", state: "running", ...(words ? { reason: words } : {}) });
      const request = session.id === null ? await open(agent) : await load(agent, session.id);
      if (request === null) return failed("agent-not-started", "The agent did not open a session.");
      if (stop.isRequested()) return CANCELLED;
      stop.tellTo(agent, request.sessionId);
      Object.assign(session, { id: request.sessionId, canLoad });
      const answer = await agent.prompt(request);
      for (const entry of mapper.mapPromptResult(answer.result)) log.write(entry);
      return endOfPrompt(answer);
    } catch (error) {
      if (stop.isRequested()) return CANCELLED;
      // A connection that closed is told better by how the process ended.
      const exit = await withTimeout(agent.exited, KILL_GRACE_MS);
      return exit ? { exit } : endOfError(error);
    }
  }

  async function open(agent: AgentProcess) {
    const session = await withTimeout(agent.newSession(cwd), AGENT_START_MS);
    if (session === null) return null;
    for (const entry of mapper.mapSession(session.result)) log.write(entry);
    const choice = kind === "external" && model ? await chooseModel(agent, session, model) : null;
    if (choice) log.write(choice);
    return promptRequest(session.sessionId, command, kind);
  }

  async function load(agent: AgentProcess, sessionId: string) {
    isRepeating = true;
    try {
      const isLoaded = await withTimeout(
        agent.loadSession(sessionId, cwd).then(() => true),
        AGENT_START_MS,
      );
      return isLoaded ? continueRequest(sessionId, command) : null;
    } finally {
      isRepeating = false;
    }
  }

  function endingOf(exit: AgentExit): Ending {
    if (!exit.startError)
      log.write({ kind: "agent-state", state: "stopped", exitCode: exit.code, signal: exit.signal });
    return endOfExit(exit);
  }

  async function outcomeOfStop(): Promise<Ending> {
    await stop.graceOver;
    return { outcome: "cancelled", stopReason: "killed" };
  }

  async function outcomeOfAbort(): Promise<Ending> {
    await aborted(abort);
    if (orphaned.aborted) return failed("operator-gone", "The operator that looked after this turn went away.");
    // Whoever gave up says with which ending.
    return giveUp.signal.reason as Ending;
  }
}

/** The session that is to be loaded, then the one that a next process of the agent may load. */
interface OpenSession {
  id: string | null;
  canLoad: boolean;
}

const TOO_LONG = failed("too-long", "The turn took longer than a turn may take.");
const CANCELLED: Ending = { outcome: "cancelled", stopReason: "cancelled" };

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
