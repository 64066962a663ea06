/**
 * Brings one turn's spool, or that of its sandbox, to the host: one append under way, from where the host has it, until the
 * host has all of it or takes no more. It decides nothing about the turn itself.
 */
import type { AppendInput, AppendOutput, HelloOutput } from "@signalbox/catalog/operator-protocol";
import type { AppendSlots } from "./append-slots.ts";
import { watchGrowth } from "./file-growth.ts";
import type { HostSession } from "./host-session.ts";
import type { Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import { isRefusal } from "./refusal.ts";
import { createSpoolReader, SpoolDamage, type SpoolHead, type SpoolReader } from "./spool-reader.ts";
import { readAck, writeAck, type AckState, type TurnFolder } from "./turn-folder.ts";

export interface TurnUpload {
  readonly turnId: string;
  ack(): AckState;
  /** How far the spool is. A turn that is settled counts as ended. */
  head(): SpoolHead;
  /** The host has said in this process how far it has this turn. */
  isAttached(): boolean;
  /** Delivers over this session from what the host says that it has. */
  attach(
    session: HostSession,
    generation: number,
    known: Pick<HelloOutput["turns"][number], "ackedSeq" | "state">,
  ): void;
  /** The spool may have grown. */
  poke(): void;
  /** There is nothing to deliver, and never will be. */
  giveUp(): void;
  stop(): void;
}

export interface TurnUploadOptions {
  folder: TurnFolder;
  log: Logger;
  now(): number;
  appendSlots: AppendSlots;
  /** The kind of the log's last entry. */
  endKind: string;
  send(session: HostSession, input: AppendInput): Promise<AppendOutput>;
  /** The pause between appends; 0 for none. */
  everyMs: number;
  /** The host has all of it, or takes no more. Called once for each time that it comes to this. */
  onSettled(state: AckState["state"]): void;
  onFenced(): void;
}

export function createTurnUpload(options: TurnUploadOptions): TurnUpload {
  const { folder, log, now } = options;
  let ack = readAck(folder);
  let reader: SpoolReader | null = null;
  let stopWatching: (() => void) | null = null;
  let link: { session: HostSession; generation: number } | null = null;
  let isPumping = false;
  let isPoked = false;
  let isStopped = false;

  function settle(state: AckState["state"], ackedSeq: number): void {
    ack = { ackedSeq, state, at: now() };
    writeAck(folder, ack);
    release();
    options.onSettled(state);
  }

  function release(): void {
    stopWatching?.();
    stopWatching = null;
    reader?.close();
    reader = null;
  }

  function poke(): void {
    isPoked = true;
    if (!isPumping) void pump();
  }

  async function pump(): Promise<void> {
    isPumping = true;
    try {
      while (isPoked && link && ack.state === "open" && !isStopped) {
        isPoked = false;
        await deliver(link);
        if (options.everyMs > 0) await pause(options.everyMs);
      }
    } finally {
      isPumping = false;
    }
  }

  /** One append from where the host has it; null where there is nothing to send. */
  function sendNext({ session, generation }: { session: HostSession; generation: number }) {
    reader ??= createSpoolReader(folder.entries, options.endKind);
    const { entries, bytes } = reader.read(ack.ackedSeq);
    const last = entries.at(-1);
    if (!last) return null;
    const sent = { first: ack.ackedSeq + 1, last: last.seq, isEnd: last.kind === options.endKind };
    const answer = options.send(session, { generation, turnId: folder.turnId, entries });
    return { bytes, answer: answer.then((output) => ({ output, sent })) };
  }

  /** Sends batches until there is nothing more, or the session is over. */
  async function deliver(current: { session: HostSession; generation: number }): Promise<void> {
    const isCurrent = (): boolean => link === current && current.session.isOpen() && !isStopped;
    try {
      while (isCurrent() && ack.state === "open") {
        const answered = await options.appendSlots.run(() => (isCurrent() ? sendNext(current) : null));
        if (answered === null || !isCurrent()) return;
        follow(answered.output, answered.sent);
      }
    } catch (error) {
      if (!isCurrent()) return;
      log.warn({ turnId: folder.turnId, err: error }, "append failed");
      if (error instanceof SpoolDamage || isRefusal(error)) settle("diverged", ack.ackedSeq);
      else current.session.close("append failed");
    }
  }

  function follow(output: AppendOutput, sent: { first: number; last: number; isEnd: boolean }): void {
    const { turnId } = folder;
    switch (output.verdict) {
      case "stored":
        ack = { ...ack, ackedSeq: output.ackedSeq };
        if (sent.isEnd && output.ackedSeq >= sent.last) settle("stored", output.ackedSeq);
        else if (output.ackedSeq < sent.first) throw new Error(`The host stored ${turnId} without getting further.`);
        return;
      case "gap":
        // The host lost its tail, or we skipped: either way it says where to go on.
        if (output.ackedSeq + 1 === sent.first)
          throw new Error(`The host refuses entry ${sent.first} of ${turnId} as a gap.`);
        log.warn({ turnId, from: output.ackedSeq + 1, sent }, "the host misses entries; sent again");
        ack = { ...ack, ackedSeq: output.ackedSeq };
        return;
      case "closed":
        log.warn({ turnId, ackedSeq: output.ackedSeq }, "the host closed this turn; its remaining entries stay here");
        settle("closed", output.ackedSeq);
        return;
      case "diverged":
        log.error({ turnId, sent, ackedSeq: output.ackedSeq }, "DIVERGED: the host has other entries for this turn");
        settle("diverged", output.ackedSeq);
        return;
      case "unknown":
        log.warn({ turnId }, "the host doesn't know this turn");
        settle("unknown", output.ackedSeq);
        return;
      case "fenced":
        options.onFenced();
    }
  }

  function head(): SpoolHead {
    if (ack.state !== "open") return { lastSeq: ack.ackedSeq, isEnded: true };
    reader ??= createSpoolReader(folder.entries, options.endKind);
    return reader.head();
  }

  return {
    turnId: folder.turnId,
    ack: () => ack,
    head,
    isAttached: () => link !== null,
    attach(session, generation, known) {
      link = { session, generation };
      // A host that was restored from a backup has less than it had: then a settled turn is delivered again.
      const isBehind = known.state === "open" && known.ackedSeq < ack.ackedSeq;
      if (ack.state !== "open" && !isBehind) return;
      ack = { ackedSeq: known.ackedSeq, state: "open", at: now() };
      const spool = head();
      const hasAll = spool.isEnded && known.ackedSeq >= spool.lastSeq;
      if (known.state === "closed" && hasAll) {
        // The host may have ended it by itself at this very place: the last entry, sent once more, tells.
        ack = { ...ack, ackedSeq: spool.lastSeq - 1 };
      } else if (known.state !== "open") {
        return settle(known.state, known.ackedSeq);
      } else if (hasAll) {
        log.error({ turnId: folder.turnId, known, spool }, "DIVERGED: the host goes on behind this turn's end");
        return settle("diverged", known.ackedSeq);
      }
      stopWatching ??= watchGrowth(folder.entries, poke);
      poke();
    },
    poke,
    giveUp() {
      if (ack.state === "open") settle("closed", ack.ackedSeq);
    },
    stop() {
      isStopped = true;
      link = null;
      release();
    },
  };
}
