/**
 * The operator: dials the host, says which turns it holds, takes commands, delivers entries, and does it again after
 * every lost connection. It listens on nothing.
 */
import { randomUUID } from "node:crypto";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { HEALTHY_BEFORE_RESET_MS, OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { VERSION } from "@signalbox/catalog/version";
import { createAgentRegistry } from "./agent-registry.ts";
import { createAttachmentUpload } from "./attachment-upload.ts";
import { createAttempts } from "./attempts/attempts.ts";
import { backoffDelay } from "./backoff.ts";
import { isInTheClear, type DaemonConfig, type ModelConfig } from "./config.ts";
import { claimFolder } from "./folder-claim.ts";
import { openSession, type HostSession, type ReceivedCommand } from "./host-session.ts";
import { ATTACHMENTS_EVERY_MS, LOOK_FOR_AGENTS_MS, RUNNER_CHECK_MS, SWEEP_EVERY_MS } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import { sweepPermissions } from "./permission-memory.ts";
import type { Profile } from "./profiles.ts";
import { readFileWithin } from "./read-file.ts";
import type { SandboxPlan } from "./sandbox/sandbox-settings.ts";
import { isPlainId, planFolder, worktreePath } from "./turn-folder.ts";
import { createTurns, type CommandResult } from "./turns.ts";

/** `refused`: the token is not valid. `fenced`: another operator works with the same token. Both are final. */
export type DaemonEnd = "stopped" | "refused" | "fenced";

export interface DaemonOptions {
  config: DaemonConfig;
  profiles: Profile[];
  /** The model behind the built-in agent; null: it is a demo. */
  model: ModelConfig | null;
  /** What would hold an agent here. */
  planOf(profile: Profile): SandboxPlan;
  log: Logger;
  signal: AbortSignal;
}

/** Runs until the signal is aborted or the host wants no more of it. Throws a ConfigError when the folder is taken. */
export async function runDaemon({ config, profiles, model, planOf, log, signal }: DaemonOptions): Promise<DaemonEnd> {
  const release = await claimFolder(config.operatorDir, signal);
  const instanceId = randomUUID();
  const fenced = new AbortController();
  const turns = createTurns({ operatorDir: config.operatorDir, log, now: Date.now, onFenced: () => fenced.abort() });
  const over = AbortSignal.any([signal, fenced.signal]);
  const agents = createAgentRegistry({
    operatorDir: config.operatorDir,
    own: profiles,
    model,
    planOf,
    log,
    signal: over,
  });
  const attachments = createAttachmentUpload({ operatorDir: config.operatorDir, log });
  const delivering = setInterval(attachments.look, ATTACHMENTS_EVERY_MS);
  const attempts = createAttempts({ operatorDir: config.operatorDir, turns, log, now: Date.now, signal: over });
  const lookingForAgents = setInterval(agents.look, LOOK_FOR_AGENTS_MS);
  const looking = setInterval(() => {
    turns.look();
    attempts.look();
  }, RUNNER_CHECK_MS);
  const sweeping = setInterval(sweep, SWEEP_EVERY_MS);
  turns.look();
  attempts.look();
  if (isInTheClear(config.channel)) {
    log.warn({ url: config.channel.url }, "the host is dialled without TLS: token and turns can be read on the way");
  }
  try {
    for (let failures = 0; !over.aborted;) {
      const startedAt = performance.now();
      const session = openSession(config);
      const closeSession = (): void => session.close("stopped");
      over.addEventListener("abort", closeSession, { once: true });
      serve(session).catch((error: unknown) => session.close(describe(error)));
      const end = await session.ended;
      over.removeEventListener("abort", closeSession);
      if (over.aborted) break;
      if (end.reason !== "lost") return end.reason;
      failures = performance.now() - startedAt >= HEALTHY_BEFORE_RESET_MS ? 0 : failures;
      const delay = backoffDelay(failures, Math.random);
      failures += 1;
      log.warn({ detail: end.detail, retryInMs: Math.round(delay) }, "no connection to the host");
      await pause(delay, over);
    }
    return fenced.signal.aborted ? "fenced" : "stopped";
  } finally {
    clearInterval(delivering);
    clearInterval(lookingForAgents);
    clearInterval(looking);
    clearInterval(sweeping);
    turns.stop();
    release();
  }

  function sweep(): void {
    try {
      turns.sweep();
      attempts.sweep();
      sweepPermissions(config.operatorDir);
    } catch (error) {
      log.error({ err: error }, "what is old could not be deleted; tried again");
    }
  }

  async function carryOut(command: OperatorCommand): Promise<CommandResult> {
    switch (command.type) {
      case "profiles.changed":
        await agents.refresh();
        return { ok: true };
      case "file.read":
        return readFile(command);
      case "attempt.start":
      case "attempt.accept":
      case "attempt.discard":
        return attempts.carryOut(command);
      case "turn.start":
      case "turn.stop":
      case "permission.answer":
        return turns.carryOut(command);
    }
  }

  function readFile({
    planId,
    attemptId,
    path,
    offset,
  }: Extract<OperatorCommand, { type: "file.read" }>): CommandResult {
    const { operatorDir } = config;
    if (![planId, attemptId ?? planId].every(isPlainId))
      return { ok: false, code: "bad-request", message: "An id is not plain." };
    const folder = attemptId ? worktreePath(operatorDir, attemptId) : planFolder(operatorDir, planId);
    const answer = readFileWithin(folder, path, offset);
    return "code" in answer ? { ok: false, ...answer } : { ok: true, value: answer };
  }

  async function serve(session: HostSession): Promise<void> {
    const hello = await session.hello({
      protocol: PROTOCOL_VERSION,
      version: VERSION,
      instanceId,
      profiles: agents.list(),
      repositories: agents.repositories(),
      turns: turns.list(),
    });
    log.info({ operatorId: hello.operatorId, generation: hello.generation, turns: hello.turns.length }, "connected");
    turns.attach(session, hello);
    agents.attach(session, hello.generation);
    attachments.attach(session, hello.generation);
    attempts.attach(session, hello.generation);
    session.onCommand(hello.generation, createCommandQueue(session, hello.generation, carryOut, log));
    const every = Math.min(Math.max(hello.heartbeatMs, 1_000), OPERATOR_PING_MS);
    for (;;) {
      await pause(every, session.signal);
      if (!session.isOpen()) return;
      const current = await session.heartbeat(hello.generation, turns.open());
      if (current > hello.generation) fenced.abort();
      // Lower: revoked, or a host that lost its store. The next upgrade tells.
      else if (current < hello.generation) session.close("the host no longer knows this connection");
    }
  }
}

/** Commands take effect in the host's order, one after the other; each is answered after its effect is journaled. */
function createCommandQueue(
  session: HostSession,
  generation: number,
  carryOut: (command: OperatorCommand) => Promise<CommandResult>,
  log: Logger,
): (received: ReceivedCommand) => void {
  let last: Promise<void> = Promise.resolve();
  return ({ commandId, command, type, seq }) => {
    /** An answer, too: left open, it would come again and fail again, and hold up every command behind it. */
    const failedCommand = (error: unknown): CommandResult => {
      log.error({ commandId, type, err: error }, "a command failed");
      return { ok: false, code: "failed", message: "The operator could not carry this out; its log says why." };
    };
    last = last.then(async () => {
      if (!session.isOpen()) return;
      try {
        const result = command ? await carryOut(command).catch(failedCommand) : unknownCommand(type);
        const turnId = command && "turnId" in command ? command.turnId : undefined;
        // Without its value, which may be a file.
        log.info({ commandId, seq, type, turnId, refused: result.ok ? undefined : result.code }, "command");
        await session.reply({ generation, commandId, result });
      } catch (error) {
        // Not answered, so it comes again with the next connection.
        log.error({ commandId, type, err: error }, "a command was not answered");
        session.close("a command was not answered");
      }
    });
  };
}

function unknownCommand(type: string): CommandResult {
  return { ok: false, code: "unknown-command", message: `This operator knows no command ${type}; update it.` };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
