/** All turns of this operator: those that run, those that the host has not wholly got yet, and finished ones still kept. */
import type { HelloInput, HelloOutput, OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import { SANDBOX_APPEND_EVERY_MS } from "@signalbox/catalog/timing";
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import { createAppendSlots } from "./append-slots.ts";
import { tellRunner } from "./control-log.ts";
import type { HostSession } from "./host-session.ts";
import type { Logger } from "./logger.ts";
import { createRunners } from "./runners.ts";
import { readOutcome } from "./spool-reader.ts";
import { openArchive, turnsToDelete } from "./turn-archive.ts";
import { SANDBOX_FORMAT } from "./sandbox/sandbox-log.ts";
import { TURN_FORMAT } from "./spool.ts";
import { isDiskFull } from "./turn-outcome.ts";
import {
  acceptTurn,
  isPlainId,
  sandboxFolder,
  turnFolder,
  type AckState,
  type StartCommand,
  type TurnFolder,
} from "./turn-folder.ts";
import { createTurnUpload, type TurnUpload } from "./turn-upload.ts";

export type CommandResult = ReplyInput["result"];

/** The commands that are about one turn. */
export type TurnCommand = Extract<OperatorCommand, { turnId: string }>;

/** `unknown`: this operator never took it up. Otherwise how it ended, once no process of it is left. */
export type TurnStanding = TurnOutcome | "running" | "unknown";

export interface Turns {
  /** For the hello: unfinished turns first, then the newest finished ones. */
  list(): HelloInput["turns"];
  /** The turns that run or are still delivered: whatever this operator gave up is not among them, and ends on the host. */
  open(): string[];
  /** The host's answer to the hello: every turn is delivered from where the host has it. */
  attach(session: HostSession, hello: HelloOutput): void;
  /** Carries out a command, at most once however often it comes. What it answers is journaled before. */
  carryOut(command: TurnCommand): CommandResult;
  /** How a turn stands here, whatever the host has of it. */
  outcome(turnId: string): TurnStanding;
  /** Starts what never began, ends what died. */
  look(): void;
  /** Deletes what is old enough. */
  sweep(): void;
  stop(): void;
}

export interface TurnsOptions {
  operatorDir: string;
  log: Logger;
  now(): number;
  onFenced(): void;
}

interface Turn {
  folder: TurnFolder;
  upload: TurnUpload;
  /** The log of its sandbox, on its own way: it goes on after the turn's end. */
  sandbox: TurnUpload;
}

/** One hello names at most this many turns. */
const HELLO_TURNS_MAX = 1_000;

export function createTurns({ operatorDir, log, now, onFenced }: TurnsOptions): Turns {
  const archive = openArchive(operatorDir);
  const turns = new Map<string, Turn>();
  const appendSlots = createAppendSlots();
  let link: { session: HostSession; generation: number } | null = null;
  const runners = createRunners({
    operatorDir,
    log,
    now,
    onExit: (turnId) => {
      const turn = turns.get(turnId);
      if (turn) lookAt(turn);
    },
  });
  for (const folder of archive.load()) add(folder);

  function add(folder: TurnFolder): Turn {
    const shared = { log, now, appendSlots, onFenced };
    const upload = createTurnUpload({
      ...shared,
      folder,
      endKind: TURN_FORMAT.endKind,
      send: (session, input) => session.append(input),
      everyMs: 0,
      onSettled: (state) => onSettled(folder, state),
    });
    const sandbox = createTurnUpload({
      ...shared,
      folder: sandboxFolder(folder),
      endKind: SANDBOX_FORMAT.endKind,
      send: (session, input) => session.sandboxAppend(input),
      everyMs: SANDBOX_APPEND_EVERY_MS,
      onSettled: (state) => log.info({ turnId: folder.turnId, state }, "the log of a sandbox settled"),
    });
    const turn = { folder, upload, sandbox };
    turns.set(folder.turnId, turn);
    return turn;
  }

  function onSettled(folder: TurnFolder, state: AckState["state"]): void {
    log.info({ turnId: folder.turnId, state }, "turn settled");
    if (state !== "stored" && runners.isRunning(folder)) tellRunner(folder.control, { type: "stop" });
  }

  /** Of most turns here: whatever becomes of a runner that is left, nothing is to be done for them. */
  function isSettled({ upload, sandbox }: Turn): boolean {
    return upload.ack().state !== "open" && sandbox.ack().state !== "open";
  }

  /** Ends the log of a sandbox whose turn's end is written and whose runner is gone. */
  function finishSandbox({ folder, sandbox }: Turn): void {
    if (sandbox.ack().state !== "open") return;
    const { lastSeq, isEnded } = sandbox.head();
    // The turn never came to have one.
    if (lastSeq === 0) return sandbox.giveUp();
    if (isEnded) return;
    runners.endSandbox(folder);
    sandbox.poke();
  }

  function lookAt(turn: Turn): void {
    const { folder, upload } = turn;
    try {
      // Alive first, the head after it: a runner may write its turn-end and go between the two.
      if (runners.isRunning(folder)) return;
      if (upload.ack().state !== "open" || upload.head().isEnded) return finishSandbox(turn);
      if (runners.look(folder, upload.isAttached() ? upload.ack().ackedSeq : null)) upload.poke();
    } catch (error) {
      log.error({ turnId: folder.turnId, err: error }, "the turn could not be looked after; tried again");
    }
  }

  function start(command: StartCommand): CommandResult {
    if (!isPlainId(command.turnId) || !isPlainId(command.planId)) return refused("bad-request", "An id is not plain.");
    if (archive.wasDeleted(command.turnId)) return { ok: true };
    const folder = turnFolder(operatorDir, command.turnId);
    try {
      if (!acceptTurn(folder, command) && turns.has(command.turnId)) return { ok: true };
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return refused("disk-full", "The operator's disk is full: it can't take up a turn.");
    }
    const { upload, sandbox } = add(folder);
    runners.ensure(folder);
    for (const started of [upload, sandbox]) {
      if (link) started.attach(link.session, link.generation, { ackedSeq: 0, state: "open" });
    }
    return { ok: true };
  }

  function tell(turnId: string, message: Parameters<typeof tellRunner>[1]): CommandResult {
    const turn = turns.get(turnId);
    if (!turn)
      return archive.wasDeleted(turnId)
        ? { ok: true }
        : refused("unknown-turn", `This operator has no turn ${turnId}.`);
    if (!turn.upload.head().isEnded) tellRunner(turn.folder.control, message);
    return { ok: true };
  }

  return {
    list() {
      const all = [...turns.values()].map(({ upload, sandbox }) => ({ upload, sandbox, ack: upload.ack() }));
      const open = all.filter(({ ack }) => ack.state === "open");
      const settled = all.filter(({ ack }) => ack.state !== "open").toSorted((a, b) => b.ack.at - a.ack.at);
      return [...open, ...settled].slice(0, HELLO_TURNS_MAX).map(({ upload, sandbox }) => ({
        turnId: upload.turnId,
        lastSeq: upload.head().lastSeq,
        sandboxSeq: sandbox.head().lastSeq,
      }));
    },
    open: () =>
      [...turns.values()]
        .filter(({ upload }) => upload.ack().state === "open")
        .map(({ upload }) => upload.turnId)
        .slice(0, HELLO_TURNS_MAX),
    attach(session, hello) {
      link = { session, generation: hello.generation };
      for (const known of hello.turns) {
        const turn = turns.get(known.turnId);
        turn?.upload.attach(session, hello.generation, known);
        turn?.sandbox.attach(session, hello.generation, known.sandbox ?? { ackedSeq: 0, state: "open" });
      }
    },
    carryOut(command) {
      switch (command.type) {
        case "turn.start":
        case "attempt.start":
          return start(command);
        case "turn.stop":
          return tell(command.turnId, { type: "stop" });
        case "permission.answer":
          return tell(command.turnId, { type: "permission", requestId: command.requestId, optionId: command.optionId });
      }
    },
    outcome(turnId) {
      const turn = turns.get(turnId);
      if (!turn) return archive.wasDeleted(turnId) ? "failed" : "unknown";
      if (runners.isRunning(turn.folder) || !turn.upload.head().isEnded) return "running";
      return readOutcome(turn.folder.entries) ?? "failed";
    },
    look() {
      for (const turn of turns.values()) if (!isSettled(turn)) lookAt(turn);
    },
    sweep() {
      const finished = [...turns.values()]
        .filter((turn) => isSettled(turn) && !runners.isRunning(turn.folder))
        .map(({ folder, upload }) => ({ turnId: folder.turnId, ack: upload.ack() }));
      for (const turnId of turnsToDelete(finished, now())) {
        const turn = turns.get(turnId);
        if (!turn) continue;
        turn.upload.stop();
        turn.sandbox.stop();
        turns.delete(turnId);
        archive.delete(turn.folder);
      }
    },
    stop() {
      link = null;
      for (const { upload, sandbox } of turns.values()) {
        upload.stop();
        sandbox.stop();
      }
    },
  };
}

function refused(code: string, message: string): CommandResult {
  return { ok: false, code, message };
}
