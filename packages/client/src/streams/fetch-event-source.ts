import { CONNECT_TIMEOUT_MS, HEARTBEAT_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Clock, Stop } from "../clock.ts";
import type { ReconnectLedger } from "./reconnect-ledger.ts";
import { readRetryAfter } from "./retry-after.ts";
import { createStreamLease, type StreamLease } from "./stream-lease.ts";
import { refusalOf, StreamRefused } from "./stream-refused.ts";

/**
 * An EventSource (WHATWG HTML, 9.2) on fetch. The browser's gives up for ever on any status but 200 and waits for ever
 * for an answer; this one goes on until it is refused (401, or our own 400, 403 or 404) or closed.
 * It keeps no count of failures: the ledger does, and outlives it.
 */
export interface FetchEventSourceInit {
  ledger: ReconnectLedger;
  clock: Clock;
  fetch: typeof fetch;
  /** Asked on every attempt, so that a renewed credential is used by the next one. */
  headers: () => Record<string, string>;
  credentials?: RequestCredentials;
  /** Where an attempt is renewed by its name; without it none is given. */
  keepUrl?: string;
}

export interface FetchedMessage {
  type: string;
  data: string;
  lastEventId: string;
}
type Listener = (event: FetchedMessage | StreamRefused) => void;

/** One event on the wire, in characters: far above the largest frame, far below what a hostile proxy could send. */
const EVENT_MAX_CHARACTERS = 32 * 1024 * 1024;

/** A connection that was silent for longer than a heartbeat and a margin when the laptop woke is taken for dead. */
const SILENT_WHEN_WOKEN_MS = HEARTBEAT_MS + 5_000;

export class FetchEventSource {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readyState = 0;
  readonly #url: string;
  readonly #init: FetchEventSourceInit;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #unlisten: Stop;
  #lastEventId = "";
  #attempt: AbortController | null = null;
  #isEndExpected = false;
  #heardAt = 0;
  #cancelTimer: Stop = () => undefined;

  constructor(url: string, init?: FetchEventSourceInit) {
    if (!init) throw new TypeError("FetchEventSource needs its init: a ledger, a clock, fetch and headers");
    this.#url = url;
    this.#init = init;
    this.#unlisten = init.ledger.listen({
      nudged: () => this.#nudged(),
      reconnect: ({ isExpected }) => this.#reconnect(isExpected),
    });
    this.#schedule();
  }

  addEventListener(type: string, listener: Listener): void {
    const known = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, known.add(listener));
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  close(): void {
    this.readyState = this.CLOSED;
    this.#unlisten();
    this.#cancelTimer();
    this.#attempt?.abort();
  }

  #schedule(): void {
    this.readyState = this.CONNECTING;
    this.#cancelTimer();
    const wait = Math.max(0, this.#init.ledger.nextAttemptAt - this.#init.clock.now());
    this.#cancelTimer = this.#init.clock.after(wait, () => void this.#connect());
  }

  #nudged(): void {
    if (this.readyState === this.CLOSED) return;
    if (!this.#attempt) this.#schedule();
    else if (this.readyState === this.OPEN && this.#init.clock.now() - this.#heardAt > SILENT_WHEN_WOKEN_MS) {
      this.#reconnect(true);
    }
  }

  #reconnect(isExpected: boolean): void {
    this.#isEndExpected = isExpected;
    this.#attempt?.abort(new StreamRefused("Reconnecting", { status: 0 }));
  }

  async #connect(): Promise<void> {
    const { ledger, clock } = this.#init;
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#isEndExpected = false;
    ledger.attempted();
    const lease = this.#takeLease(attempt.signal);
    let openedAt: number | null = null;
    let failure: StreamRefused;
    let retryAfterMs: number | null = null;
    try {
      this.#giveUpAfter(CONNECT_TIMEOUT_MS, "No answer");
      const response = await this.#request(lease?.nameIn(this.#url) ?? this.#url, attempt.signal);
      // Closed between the answer and this line: it must not come to life again.
      attempt.signal.throwIfAborted();
      if (!isEventStream(response)) {
        void response.body?.cancel().catch(() => undefined);
        retryAfterMs = readRetryAfter(response.headers.get("retry-after"), clock.now());
        failure = refusalOf(response, retryAfterMs);
      } else {
        openedAt = clock.now();
        await this.#read(response.body, attempt.signal, lease);
        failure = new StreamRefused("The stream ended", { status: 0 });
      }
    } catch (error) {
      const reason: unknown = attempt.signal.aborted ? attempt.signal.reason : error;
      failure =
        reason instanceof StreamRefused ? reason : new StreamRefused("The stream broke", { status: 0, cause: reason });
    }
    this.#cancelTimer();
    this.#attempt = null;
    // Frees the socket when reading stopped on our side.
    attempt.abort();
    if (this.readyState === this.CLOSED) return;
    if (isFinal(failure)) {
      this.close();
    } else {
      const openForMs = openedAt === null ? 0 : clock.now() - openedAt;
      ledger.dropped({ openForMs, retryAfterMs, isExpected: this.#isEndExpected });
      this.#schedule();
    }
    this.#emit("error", failure);
  }

  #request(url: string, signal: AbortSignal): Promise<Response> {
    return this.#ask(url, signal, {
      accept: "text/event-stream",
      ...(this.#lastEventId && { "last-event-id": this.#lastEventId }),
    });
  }

  #ask(url: string, signal: AbortSignal, added: Record<string, string>): Promise<Response> {
    const { fetch: send, headers, credentials } = this.#init;
    return send(url, {
      headers: { ...headers(), ...added },
      cache: "no-store",
      ...(credentials && { credentials }),
      signal,
    });
  }

  #takeLease(attempt: AbortSignal): StreamLease | null {
    const { keepUrl, clock } = this.#init;
    if (keepUrl === undefined) return null;
    return createStreamLease({ keepUrl, clock, attempt, ask: (url, signal) => this.#ask(url, signal, {}) });
  }

  async #read(body: ReadableStream<Uint8Array> | null, signal: AbortSignal, lease: StreamLease | null): Promise<void> {
    // Bytes that no host of ours sends: what came with them must not move the position past what was lost in them.
    const corrupt = () => this.#attempt?.abort(new StreamRefused("The stream is corrupt", { status: 0 }));
    const parser = createParser({
      onEvent: (event) => this.#deliver(event),
      onError: corrupt,
      maxBufferSize: EVENT_MAX_CHARACTERS,
    });
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const reader = (body ?? emptyBody()).getReader();
    this.readyState = this.OPEN;
    this.#emit("open", { type: "open", data: "", lastEventId: "" });
    try {
      while (!signal.aborted) {
        this.#heardAt = this.#init.clock.now();
        this.#giveUpAfter(SILENCE_BEFORE_RECONNECT_MS, "Silence");
        const { done, value } = await untilAborted(reader.read(), signal);
        if (done) return;
        this.#init.ledger.received(value.byteLength);
        lease?.heard();
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } finally {
      void reader.cancel().catch(() => undefined);
    }
  }

  #deliver(event: EventSourceMessage): void {
    if (this.readyState === this.CLOSED || this.#attempt?.signal.aborted) return;
    if (event.id !== undefined) this.#lastEventId = event.id;
    const type = event.event ?? "message";
    this.#emit(type, { type, data: event.data, lastEventId: this.#lastEventId });
  }

  #giveUpAfter(ms: number, why: string): void {
    const attempt = this.#attempt;
    this.#cancelTimer();
    this.#cancelTimer = this.#init.clock.after(ms, () => {
      attempt?.abort(new StreamRefused(`${why} for ${ms} ms`, { status: 0 }));
    });
  }

  #emit(type: string, event: FetchedMessage | StreamRefused): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

function isEventStream(response: Response): boolean {
  return response.status === 200 && (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
}

function isFinal(failure: StreamRefused): boolean {
  return [400, 401, 403, 404].includes(failure.status);
}

/** Ends the wait at the abort even where the body's own promise hangs. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function emptyBody(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
