/**
 * One endpoint: its own stream of every signal, delivered in order, at least once. Its position is written after a
 * delivery and before the next; a crash in between repeats one message, with the same id. The stream is pulled: a
 * receiver that is slow or down costs a bounded queue, and resumes from its position.
 */
import { POSITION_SAVED_MS } from "@signalbox/catalog/timing";
import type { ServiceClient } from "@signalbox/client";
import { isSignalboxClientError } from "@signalbox/client/service/client-error";
import { deliver } from "./deliver.ts";
import { wants, type Endpoint } from "./endpoints.ts";
import type { Logger } from "./logger.ts";
import { newPosition, readPosition, writePosition, type Position } from "./position-file.ts";
import { resyncMessage, signalMessage, type Message } from "./webhook.ts";
import { ConfigError } from "./config.ts";

export interface FollowOptions {
  endpoint: Endpoint;
  client: Pick<ServiceClient, "signals">;
  workspaceId: string;
  positionPath: string;
  log: Logger;
  signal: AbortSignal;
}

/** Resolves when it was stopped, or its receiver wants nothing any more. Rejects when it was refused for good. */
export async function followEndpoint(options: FollowOptions): Promise<void> {
  const { endpoint, client, workspaceId, positionPath, log, signal } = options;
  const ledger = await openLedger(positionPath, workspaceId);
  /** Ends the loop from within. */
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);

  const send = async (message: Message, cursor: string): Promise<boolean> => {
    const outcome = await deliver(endpoint, message, { log, signal });
    if (outcome === "accepted") {
      await ledger.delivered(cursor);
      return true;
    }
    if (outcome === "gone") log.warn({ endpoint: endpoint.name }, "its receiver is gone (410): nothing more is sent");
    ending.abort();
    return false;
  };

  const signals = client.signals({
    workspaceId,
    after: ledger.cursor(),
    signal: stop,
    onPosition: async (cursor) => {
      if (ledger.cursor() === null) log.info({ endpoint: endpoint.name, cursor }, "following");
      await ledger.passed(cursor);
    },
    onResync: async ({ reason, cursor }) => {
      log.warn({ endpoint: endpoint.name, reason }, "signals were lost to the retention");
      await send(resyncMessage(ledger.nextId(), { workspaceId, reason }), cursor);
      // The loop takes the cursor for passed; what was not accepted must not be.
      stop.throwIfAborted();
    },
    onLink: (state) => log.info({ endpoint: endpoint.name, state }, "stream"),
  });
  try {
    for await (const signal of signals) {
      if (!wants(endpoint, signal.name)) await ledger.passed(signal.cursor);
      else if (!(await send(signalMessage(ledger.nextId(), signal), signal.cursor))) break;
    }
  } catch (error) {
    if (!stop.aborted && !(isSignalboxClientError(error) && error.code === "aborted")) throw error;
  } finally {
    await ledger.close();
  }
}

interface Ledger {
  cursor(): string | null;
  /** The id of the message that is delivered next, also after a crash. */
  nextId(): string;
  /** The message before the cursor was accepted. Durable when it resolves. */
  delivered(cursor: string): Promise<void>;
  /** Up to the cursor there is nothing to deliver. */
  passed(cursor: string): Promise<void>;
  close(): Promise<void>;
}

async function openLedger(path: string, workspaceId: string): Promise<Ledger> {
  let position: Position = (await readPosition(path)) ?? newPosition(workspaceId);
  if (position.workspaceId !== workspaceId) {
    throw new ConfigError(`${path} is a position in another workspace; SIGNALBOX_API_KEY must be a key of that one.`);
  }
  let isWritten = true;
  let writtenAt = performance.now();
  const write = async () => {
    await writePosition(path, position);
    isWritten = true;
    writtenAt = performance.now();
  };
  return {
    cursor: () => position.cursor,
    nextId: () => `msg_${position.streamId}_${position.delivered + 1}`,
    async delivered(cursor) {
      position = { ...position, cursor, delivered: position.delivered + 1 };
      await write();
    },
    async passed(cursor) {
      const isFirst = position.cursor === null;
      position = { ...position, cursor };
      isWritten = false;
      if (isFirst || performance.now() - writtenAt >= POSITION_SAVED_MS) await write();
    },
    async close() {
      if (!isWritten) await write();
    },
  };
}
