/** All turns of this operator: those that run, those that the host has not wholly got yet, and finished ones still kept. */
import type { HelloInput, HelloOutput, OperatorCommand, ReplyInput } from "@signalbox/catalog/operator-protocol";
import { createAppendSlots } from "./append-slots.ts";
import { tellRunner } from "./control-log.ts";
import type { HostSession } from "./host-session.ts";
import type { Logger } from "./logger.ts";
import { createRunners } from "./runners.ts";
import { openArchive, turnsToDelete } from "./turn-archive.ts";
import { acceptTurn, isPlainId, turnFolder, type AckState, type StartCommand, type TurnFolder } from "./turn-folder.ts";
import { createTurnUpload, type TurnUpload } from "./turn-upload.ts";

export type CommandResult = ReplyInput["result"];

/** The commands that are about one turn. */
export type TurnCommand = Extract<OperatorCommand, { turnId: string }>;

export interface Turns {
  /** For the hello: unfinished turns first, then the newest finished ones. */
  list(): HelloInput["turns"];
  /** The turns that run or are still delivered: whatever this operator gave up is not among them, and ends on the host. */
  open(): string[];
  /** The host's answer to the hello: every turn is delivered from where the host has it. */
  attach(session: HostSession, hello: HelloOutput): void;
  /** Carries out a command, at most once however often it comes. What it answers is journaled before. */
  carryOut(command: TurnCommand): CommandResult;
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
    const upload = createTurnUpload({
      folder,
      log,
      now,
      appendSlots,
      onFenced,
      onSettled: (state) => onSettled(folder, state),
    });
    const turn = { folder, upload };
    turns.set(folder.turnId, turn);
    return turn;
  }

  function onSettled(folder: TurnFolder, state: AckState["state"]): void {
    log.info({ turnId: folder.turnId, state }, "turn settled");
    if (state !== "stored" && runners.isRunning(folder)) tellRunner(folder.control, { type: "stop" });
  }

  function lookAt({ folder, upload }: Turn): void {
    try {
      // Alive first, the head after it: a runner may write its turn-end and go between the two.
      if (upload.ack().state !== "open" || runners.isRunning(folder) || upload.head().isEnded) return;
      if (runners.look(folder, upload.isAttached() ? upload.ack().ackedSeq : null)) upload.poke();
    } catch (error) {
      log.error({ turnId: folder.turnId, err: error }, "the turn could not be looked after; tried again");
    }
  }

  function start(command: StartCommand): CommandResult {
    if (!isPlainId(command.turnId) || !isPlainId(command.planId)) return refused("bad-request", "An id is not plain.");
    if (archive.wasDeleted(command.turnId)) return { ok: true };
    const folder = turnFolder(operatorDir, command.turnId);
    if (!acceptTurn(folder, command) && turns.has(command.turnId)) return { ok: true };
    const { upload } = add(folder);
    runners.ensure(folder);
    if (link) upload.attach(link.session, link.generation, { turnId: command.turnId, ackedSeq: 0, state: "open" });
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
      const all = [...turns.values()].map(({ upload }) => ({ upload, ack: upload.ack() }));
      const open = all.filter(({ ack }) => ack.state === "open");
      const settled = all.filter(({ ack }) => ack.state !== "open").toSorted((a, b) => b.ack.at - a.ack.at);
      return [...open, ...settled]
        .slice(0, HELLO_TURNS_MAX)
        .map(({ upload }) => ({ turnId: upload.turnId, lastSeq: upload.head().lastSeq }));
    },
    open: () =>
      [...turns.values()]
        .filter(({ upload }) => upload.ack().state === "open")
        .map(({ upload }) => upload.turnId)
        .slice(0, HELLO_TURNS_MAX),
    attach(session, hello) {
      link = { session, generation: hello.generation };
      for (const known of hello.turns) turns.get(known.turnId)?.upload.attach(session, hello.generation, known);
    },
    carryOut(command) {
      switch (command.type) {
        case "turn.start":
          return start(command);
        case "turn.stop":
          return tell(command.turnId, { type: "stop" });
        case "permission.answer":
          return tell(command.turnId, { type: "permission", requestId: command.requestId, optionId: command.optionId });
      }
    },
    look() {
      for (const turn of turns.values()) lookAt(turn);
    },
    sweep() {
      const finished = [...turns.values()]
        .filter(({ folder, upload }) => upload.ack().state !== "open" && !runners.isRunning(folder))
        .map(({ folder, upload }) => ({ turnId: folder.turnId, ack: upload.ack() }));
      for (const turnId of turnsToDelete(finished, now())) {
        const turn = turns.get(turnId);
        if (!turn) continue;
        turn.upload.stop();
        turns.delete(turnId);
        archive.delete(turn.folder);
      }
    },
    stop() {
      link = null;
      for (const { upload } of turns.values()) upload.stop();
    },
  };
}

function refused(code: string, message: string): CommandResult {
  return { ok: false, code, message };
}
