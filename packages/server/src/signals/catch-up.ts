/**
 * A listener that is behind its channel reads on by itself, from the ring or from the store, a batch at a time and none
 * before the last was taken, until it is where its channel is.
 */
import { MAILBOX_SLOTS, SIGNAL_RING } from "@signalbox/catalog/bounds";
import type { Signal } from "@signalbox/catalog/signals";
import type { Row, TailReader } from "../log/tail.ts";
import { concernsAccess } from "./audience.ts";
import type { Channel } from "./channel.ts";
import { renderBatch, renderResync } from "./events-batch.ts";
import type { EventsListener } from "./events-listener.ts";

/** Never rejects. A listener whose reads fail is ended; its client comes back with its cursor. */
export async function catchUp(channel: Channel, listener: EventsListener): Promise<void> {
  const reader = channel.tail.attach(channel.workspaceId, listener.position);
  try {
    if (reader) await readOn(channel, listener, reader);
    else drop(channel, listener);
  } catch (error) {
    channel.onError(error);
    drop(channel, listener);
  } finally {
    reader?.leave();
  }
}

async function readOn(channel: Channel, listener: EventsListener, reader: TailReader<Signal>): Promise<void> {
  const { group } = listener;
  for (;;) {
    if (listener.isInDoubt) {
      await listener.slot.recheck();
      if (!isCatchingUp(listener)) return;
      listener.isInDoubt = false;
    }
    if (listener.position === channel.position) return channel.settle(listener);
    const taken = await takeBatch(channel, listener, reader);
    if (!isCatchingUp(listener)) return;
    if (taken === "lost") {
      const { position, epoch } = channel;
      listener.position = position;
      listener.socket.write(renderResync(group.format, { reason: "overflow", position, epoch }));
      return channel.settle(listener);
    }
    // Before anything of the batch is sent: it may be what took the right to hear the rest of it.
    if (taken.some(({ value }) => concernsAccess(value, listener.personId))) {
      await listener.slot.recheck();
      if (!isCatchingUp(listener)) return;
    }
    listener.position = reader.position;
    const { workspaceId, epoch } = channel;
    const batch = { rows: taken, position: listener.position, epoch };
    const chunk = renderBatch(group, { workspaceId, personId: listener.personId }, batch);
    if (chunk) listener.socket.write(chunk);
    if (listener.socket.isBlocked || listener.position >= channel.position) return channel.settle(listener);
  }
}

/** Screens get all that they missed in one batch, one signal per record; others a page. */
async function takeBatch(
  channel: Channel,
  { group, position }: EventsListener,
  reader: TailReader<Signal>,
): Promise<Row<Signal>[] | "lost"> {
  const isLatest = group.delivery === "latest";
  if (isLatest && channel.position - position > SIGNAL_RING) return "lost";
  const rows: Row<Signal>[] = [];
  while (reader.position < channel.position) {
    const taken = await reader.take(Math.min(MAILBOX_SLOTS, channel.position - reader.position));
    // No row where the channel has seen one: the store was restored.
    if (taken.kind === "lost" || taken.rows.length === 0) return "lost";
    rows.push(...taken.rows);
    if (!isLatest || rows.length > SIGNAL_RING) break;
  }
  return rows;
}

function drop(channel: Channel, listener: EventsListener): void {
  channel.remove(listener);
  listener.socket.end();
}

function isCatchingUp({ state }: EventsListener): boolean {
  return state === "catching-up";
}
