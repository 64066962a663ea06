/**
 * All streams of signals that this host holds: a channel per workspace that somebody listens to, and one timer for the
 * heartbeats, doubts and stalls of all. What the typed procedure `events` yields, this writes, at the cost of a raw socket.
 */
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import type { CloseCode } from "@signalbox/catalog/stream-frames";
import { CLOSING_GRACE_MS, HEARTBEAT_MS, STREAM_SWEEP_MS, WRITER_STALL_MS } from "@signalbox/catalog/timing";
import type { ServerResponse } from "node:http";
import { SignalboxError } from "../errors.ts";
import type { StreamSlot } from "../streams/admission.ts";
import { sseChunk } from "../streams/sse-chunk.ts";
import { SseSocket } from "../streams/sse-socket.ts";
import type { StreamFormatName } from "../streams/stream-format.ts";
import type { Topic } from "./audience.ts";
import { Channel } from "./channel.ts";
import { resyncText, type ResyncReason } from "./events-batch.ts";
import { closeFrame, EVENTS_FORMATS } from "./events-format.ts";
import { EventsListener } from "./events-listener.ts";
import type { Signals } from "./signals.ts";
import { NOWHERE, type Delivery } from "./stream.ts";

export interface ListenRequest {
  workspaceId: string;
  delivery: Delivery;
  topics: readonly Topic[] | null;
  format: StreamFormatName;
  lastEventId: string | undefined;
  slot: StreamSlot;
}

export interface Broadcast {
  /** Answers with a stream. The slot is released when the answer is over, however it ends. */
  listen(res: ServerResponse, request: ListenRequest): Promise<void>;
  /** A new epoch: who listens from now on gets channels of it. */
  renew(): void;
  /** Workspaces that somebody listens to. */
  readonly channels: number;
  stop(): void;
}

export interface BroadcastOptions {
  signals: Signals;
  onError(error: unknown): void;
  sweepMs?: number;
  stallMs?: number;
  closingGraceMs?: number;
}

/** Heartbeats are spread over the sweeps of one period: not all sockets are written to at once. */
const BEATS = HEARTBEAT_MS / STREAM_SWEEP_MS;

interface OpenChannel {
  channel: Promise<Channel | null>;
  users: number;
}

export function createBroadcast(options: BroadcastOptions): Broadcast {
  const { signals, onError, sweepMs = STREAM_SWEEP_MS } = options;
  const { stallMs = WRITER_STALL_MS, closingGraceMs = CLOSING_GRACE_MS } = options;
  const open = new Map<string, OpenChannel>();
  const listeners = new Map<EventsListener, Channel>();
  let sweeps = 0;

  async function openChannel(workspaceId: string): Promise<Channel | null> {
    const { tail } = signals;
    const epoch = signals.epoch();
    const joined = await tail.join(workspaceId, "head");
    return joined ? new Channel({ workspaceId, epoch, tail, reader: joined.reader, onError }) : null;
  }

  function enter(workspaceId: string): OpenChannel {
    const known = open.get(workspaceId) ?? { channel: openChannel(workspaceId), users: 0 };
    known.users++;
    open.set(workspaceId, known);
    return known;
  }

  function leave(workspaceId: string, entered: OpenChannel): void {
    entered.users--;
    if (entered.users > 0) return;
    if (open.get(workspaceId) === entered) open.delete(workspaceId);
    entered.channel.then((channel) => channel?.stop()).catch(() => {});
  }

  async function listen(res: ServerResponse, request: ListenRequest): Promise<void> {
    const { slot, workspaceId } = request;
    const entered = enter(workspaceId);
    let listener: EventsListener | null = null;
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      if (listener) {
        listeners.get(listener)?.remove(listener);
        listeners.delete(listener);
      }
      slot.release();
      leave(workspaceId, entered);
    };
    res.once("close", over);
    try {
      const channel = await entered.channel;
      listener = channel ? await start(channel, res, request) : noSuchWorkspace(res, request);
      if (!listener || !channel || isOver) return over();
      listeners.set(listener, channel);
      channel.settle(listener);
      const started = listener;
      slot.onClosing((code) => end(channel, started, code));
    } catch (error) {
      over();
      throw error;
    }
  }

  /** Says hello, and what there is to say about the cursor. Null: the client has left meanwhile. */
  async function start(channel: Channel, res: ServerResponse, request: ListenRequest): Promise<EventsListener | null> {
    const { slot, lastEventId } = request;
    const { epoch, workspaceId } = channel;
    const format = EVENTS_FORMATS[request.format];
    const given = parseCursor(lastEventId);
    let doubt: ResyncReason | null = null;
    if (lastEventId !== undefined) {
      if (given?.epoch !== epoch) doubt = "unknown-cursor";
      else if (!signals.tail.covers(workspaceId, given.seq)) {
        const bounds = await signals.bounds(workspaceId);
        if (!bounds || given.seq > bounds.head) doubt = "unknown-cursor";
        else if (given.seq < bounds.floor) doubt = "pruned";
      }
    }
    // No await from here on: the channel's position stands still until its listener has settled.
    if (res.closed) return null;
    if (!res.socket) {
      throw new SignalboxError("bad-request", "A stream takes a connection whose earlier answers are over.");
    }
    const position = given && !doubt ? given.seq : channel.position;
    const hello = format.frame(doubt ? NOWHERE : formatCursor({ epoch, seq: position }), {
      type: "hello",
      serverTime: Date.now(),
      heartbeatMs: HEARTBEAT_MS,
      protocol: PROTOCOL_VERSION,
    });
    const resync = doubt ? resyncText(format, { reason: doubt, position, epoch }) : "";
    const socket = SseSocket.open(res, sseChunk(format.start + hello + resync));
    if (!socket) return null;
    const group = channel.join(format, request.delivery, request.topics);
    return new EventsListener({ socket, slot, group, position, beat: sweeps % BEATS });
  }

  function noSuchWorkspace(res: ServerResponse, request: ListenRequest): null {
    const { start, completion, frame } = EVENTS_FORMATS[request.format];
    const text = start + frame(NOWHERE, closeFrame("not-found")) + completion;
    if (!res.closed) SseSocket.open(res, sseChunk(text))?.end();
    return null;
  }

  /** Ends it as an aborted stream, not as a completed one: its client comes back or stays away by the code alone. */
  function end(channel: Channel, listener: EventsListener, code: CloseCode): void {
    const { socket, group } = listener;
    channel.remove(listener);
    socket.write(sseChunk(group.format.frame(channel.cursorOf(listener), closeFrame(code))));
    socket.end();
  }

  function sweep(): void {
    sweeps++;
    const asked: Promise<void>[] = [];
    for (const [listener, channel] of listeners) {
      if (listener.state === "ended" || listener.state === "blocked") resetWhenStuck(listener);
      if (listener.state === "ended" || sweeps % BEATS !== listener.beat) continue;
      channel.beat(listener);
      // A session that ended by itself says so by no signal.
      asked.push(listener.slot.recheck());
    }
    void Promise.allSettled(asked).then((settled) => {
      const failed = settled.find((one) => one.status === "rejected");
      if (failed) onError(failed.reason);
    });
  }

  /**
   * A reader that takes nothing holds megabytes in the kernel and a slot here: only a reset frees both. Sweeps are counted,
   * not seconds: while this process itself stood still nobody could take anything.
   */
  function resetWhenStuck(listener: EventsListener): void {
    const { socket, state } = listener;
    if (state === "blocked" && socket.bytesTaken !== listener.bytesTaken) {
      listener.bytesTaken = socket.bytesTaken;
      listener.stalledSweeps = 0;
    }
    listener.stalledSweeps++;
    if (listener.stalledSweeps * sweepMs > (state === "ended" ? closingGraceMs : stallMs)) socket.reset();
  }

  const timer = setInterval(sweep, sweepMs).unref();
  return {
    listen,
    renew: () => open.clear(),
    get channels() {
      return open.size;
    },
    stop() {
      clearInterval(timer);
      for (const listener of listeners.keys()) listener.socket.end();
    },
  };
}
