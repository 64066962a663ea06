/**
 * The signals of one workspace on their way to all its listeners on this host. What came since the last flush is built and
 * serialised once for each kind of listener and written to each socket as it is; who can't take it reads on by itself.
 */
import { MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import { formatCursor } from "@signalbox/catalog/cursor";
import { SIGNALS, type Signal } from "@signalbox/catalog/signals";
import { DOORBELL_BACKSTOP_MS, SIGNAL_WINDOW_MS } from "@signalbox/catalog/timing";
import type { Row, Tail, TailReader } from "../log/tail.ts";
import { pause } from "../streams/pause.ts";
import { sseChunk, type SseChunk } from "../streams/sse-chunk.ts";
import { accessChangeOf, type Topic } from "./audience.ts";
import { catchUp } from "./catch-up.ts";
import { renderBatch, renderResync, type Batch } from "./events-batch.ts";
import type { EventsFormat } from "./events-format.ts";
import type { EventsListener, ListenerGroup } from "./events-listener.ts";
import { recordOf } from "./conflate.ts";
import type { Delivery } from "./stream.ts";
import { nextWindow } from "./window.ts";

/** Rows of one flush. What is more follows at once, in a batch of its own: one buffer stays small enough for a slow line. */
const FLUSH_ROWS = 2 * MAILBOX_SLOTS;

/** Nobody's id: what is rendered for it is for everybody. */
const ANYBODY = "";

export interface ChannelOptions {
  workspaceId: string;
  epoch: number;
  tail: Tail<Signal>;
  reader: TailReader<Signal>;
  onError(error: unknown): void;
}

export class Channel {
  readonly workspaceId: string;
  /** That of the store when the channel was opened; cursors of its listeners are of it. */
  readonly epoch: number;
  readonly tail: Tail<Signal>;
  readonly onError: (error: unknown) => void;
  /** The position up to which every live listener has everything. */
  position: number;
  readonly #reader: TailReader<Signal>;
  readonly #groups = new Map<string, ListenerGroup>();
  readonly #ahead = new Set<EventsListener>();
  readonly #stopped = new AbortController();
  readonly #heartbeats = new Map<EventsFormat, { position: number; chunk: SseChunk }>();

  constructor({ workspaceId, epoch, tail, reader, onError }: ChannelOptions) {
    this.workspaceId = workspaceId;
    this.epoch = epoch;
    this.tail = tail;
    this.#reader = reader;
    this.onError = onError;
    this.position = reader.position;
    void this.#relay();
  }

  stop(): void {
    this.#stopped.abort();
    this.#reader.leave();
  }

  /** The group of listeners like this one. Each call is answered by a `remove` of a listener of it. */
  join(format: EventsFormat, delivery: Delivery, topics: readonly Topic[] | null): ListenerGroup {
    const names = topics?.map(({ subject, id }) => `${subject}:${id ?? ""}`) ?? [];
    const key = [format.name, delivery, ...names.toSorted()].join(" ");
    const group = this.#groups.get(key) ?? { key, format, delivery, topics, live: new Set(), size: 0 };
    group.size++;
    this.#groups.set(key, group);
    return group;
  }

  cursorOf(listener: EventsListener): string {
    const seq = listener.state === "live" ? this.position : listener.position;
    return formatCursor({ epoch: this.epoch, seq });
  }

  /** Takes a listener in at its position, whatever that is. */
  settle(listener: EventsListener): void {
    if (listener.socket.isBlocked) return this.#block(listener, listener.position);
    if (listener.position === this.position && !listener.isInDoubt) {
      listener.state = "live";
      listener.group.live.add(listener);
    } else if (listener.position > this.position) {
      listener.state = "ahead";
      this.#ahead.add(listener);
    } else {
      listener.state = "catching-up";
      void catchUp(this, listener);
    }
  }

  /** Lets go of a listener; its position is then the one up to which it was sent everything. */
  remove(listener: EventsListener): void {
    if (listener.state === "live") listener.position = this.position;
    if (listener.state === "ended") return;
    listener.state = "ended";
    listener.stalledSweeps = 0;
    this.#ahead.delete(listener);
    const { group } = listener;
    group.live.delete(listener);
    group.size--;
    if (group.size === 0) this.#groups.delete(group.key);
  }

  beat(listener: EventsListener): void {
    const { format } = listener.group;
    if (listener.state === "blocked" || listener.state === "ended") return;
    if (listener.state !== "live") return listener.socket.write(sseChunk(format.heartbeat));
    let known = this.#heartbeats.get(format);
    if (known?.position !== this.position) {
      const cursor = formatCursor({ epoch: this.epoch, seq: this.position });
      const chunk = sseChunk(format.heartbeat + format.frame(cursor, { type: "position" }));
      known = { position: this.position, chunk };
      this.#heartbeats.set(format, known);
    }
    this.#give(listener, known.chunk, this.position);
  }

  async #relay(): Promise<void> {
    const { signal } = this.#stopped;
    let flushedAt = -SIGNAL_WINDOW_MS;
    let window = SIGNAL_WINDOW_MS;
    while (!signal.aborted) {
      await this.#reader.wait(signal);
      // The first signal leaves at once; what follows gathers for a window.
      const rest = flushedAt + window - performance.now();
      if (rest > 0) await pause(rest, signal);
      if (signal.aborted) return;
      flushedAt = performance.now();
      try {
        window = nextWindow(window, await this.#flush());
      } catch (error) {
        this.onError(error);
        this.#reader.moveTo(this.position);
        await pause(DOORBELL_BACKSTOP_MS, signal);
      }
    }
  }

  /** Returns how many signals it gave out, and of how many records. */
  async #flush(): Promise<{ signals: number; records: number }> {
    const rows: Row<Signal>[] = [];
    const nothing = { signals: 0, records: 1 };
    while (rows.length < FLUSH_ROWS) {
      const taken = await this.#reader.take(FLUSH_ROWS - rows.length);
      if (this.#stopped.signal.aborted) return nothing;
      if (taken.kind === "lost") {
        const position = Math.max(this.#reader.head, taken.head);
        this.#reader.moveTo(position);
        this.#startAnew(position);
        return nothing;
      }
      if (taken.rows.length === 0) break;
      rows.push(...taken.rows);
    }
    this.#distribute({ rows, position: this.#reader.position, epoch: this.epoch });
    return { signals: rows.length, records: new Set(rows.map(({ value }) => recordOf(value))).size };
  }

  #distribute(batch: Batch): void {
    const before = this.position;
    this.position = batch.position;
    const persons = personsOf(batch.rows);
    const doubted = new Set(batch.rows.flatMap(({ value }) => accessChangeOf(value) ?? []));
    const render = (group: ListenerGroup, personId: string) =>
      renderBatch(group, { workspaceId: this.workspaceId, personId }, batch);
    for (const group of this.#groups.values()) {
      if (group.live.size === 0) continue;
      const forAll = render(group, ANYBODY);
      const own = new Map<string, SseChunk | null>();
      for (const listener of group.live) {
        const { personId } = listener;
        if (doubted.has(personId)) {
          this.#doubt(listener, before);
          continue;
        }
        let chunk = forAll;
        if (persons.has(personId)) {
          if (!own.has(personId)) own.set(personId, render(group, personId));
          chunk = own.get(personId) ?? null;
        }
        if (chunk) this.#give(listener, chunk, batch.position);
      }
    }
    for (const listener of this.#ahead) {
      if (listener.position > this.position) continue;
      this.#ahead.delete(listener);
      this.settle(listener);
    }
  }

  /** Rows are gone, or the store was restored: whoever was live is told so, once. */
  #startAnew(position: number): void {
    this.position = position;
    for (const { format, live } of this.#groups.values()) {
      const chunk = renderResync(format, { reason: "overflow", position, epoch: this.epoch });
      for (const listener of live) this.#give(listener, chunk, position);
    }
    for (const listener of this.#ahead) {
      this.#ahead.delete(listener);
      listener.position = Math.min(listener.position, position);
      this.settle(listener);
    }
  }

  #give(listener: EventsListener, chunk: SseChunk, position: number): void {
    listener.socket.write(chunk);
    if (listener.socket.isBlocked) this.#block(listener, position);
  }

  /** Its kernel buffer is full: it stands where it is until all is taken, and nothing more is kept for it. */
  #block(listener: EventsListener, position: number): void {
    listener.group.live.delete(listener);
    listener.state = "blocked";
    listener.position = position;
    listener.stalledSweeps = 0;
    listener.bytesTaken = listener.socket.bytesTaken;
    listener.socket.onceTaken(() => {
      if (listener.state === "blocked") this.settle(listener);
    });
  }

  #doubt(listener: EventsListener, position: number): void {
    listener.group.live.delete(listener);
    listener.position = position;
    listener.isInDoubt = true;
    this.settle(listener);
  }
}

/** Those who hear something of these rows that others don't. */
function personsOf(rows: readonly Row<Signal>[]): Set<string> {
  const persons = new Set<string>();
  for (const { value } of rows) {
    if (value.personId !== undefined && Object.hasOwn(SIGNALS, value.name)) persons.add(value.personId);
  }
  return persons;
}
