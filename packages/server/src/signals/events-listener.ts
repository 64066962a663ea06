/**
 * A connection that listens to a workspace's signals: a socket, and a position. `live`: it has everything up to its
 * channel's position, and holds none of its own. Nothing is queued for it: what it can't take it reads later.
 */
import type { StreamSlot } from "../streams/admission.ts";
import type { SseSocket } from "../streams/sse-socket.ts";
import type { Topic } from "./audience.ts";
import type { EventsFormat } from "./events-format.ts";
import type { Delivery } from "./stream.ts";

/** Listeners that are given the same bytes, but for those that a person's own signals concern. */
export interface ListenerGroup {
  readonly key: string;
  readonly format: EventsFormat;
  readonly delivery: Delivery;
  readonly topics: readonly Topic[] | null;
  readonly live: Set<EventsListener>;
  /** Listeners of it, live or not; it is forgotten with the last one. */
  size: number;
}

/**
 * live ⇄ blocked: its socket does not drain. → catching-up: it reads what it missed, on its own. ahead: it was told more by
 * another host than this one has read yet. Any → ended.
 */
export type ListenerState = "live" | "blocked" | "catching-up" | "ahead" | "ended";

export class EventsListener {
  readonly socket: SseSocket;
  readonly slot: StreamSlot;
  readonly group: ListenerGroup;
  state: ListenerState = "catching-up";
  /** The position up to which it has everything; not kept up to date while it is live. */
  position: number;
  /** At which sweep of each round its heartbeat falls. */
  readonly beat: number;
  /** Whether its right to listen is asked before anything else is sent. */
  isInDoubt = false;
  /** Sweeps since its socket took anything, and how much it had taken then; or since it should have ended. */
  stalledSweeps = 0;
  bytesTaken = 0;

  constructor(options: { socket: SseSocket; slot: StreamSlot; group: ListenerGroup; position: number; beat: number }) {
    this.socket = options.socket;
    this.slot = options.slot;
    this.group = options.group;
    this.position = options.position;
    this.beat = options.beat;
  }

  get personId(): string {
    return this.slot.personId;
  }
}
