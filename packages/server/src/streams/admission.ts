/**
 * Who may hold a stream open, and how many. A slot is taken before a stream starts and is released however its request ends.
 * A host cannot see that a peer vanished, so at a person's limit the oldest stream gives way; the newest is never refused.
 */
import type { CloseCode } from "@signalbox/catalog/stream-frames";
import { STREAM_LEASE_MS, STREAM_MAX_AGE_MS, STREAM_SWEEP_MS } from "@signalbox/catalog/timing";
import { SignalboxError } from "../errors.ts";

export type StreamKind = "events" | "turn";

export interface StreamSlot {
  readonly personId: string;
  readonly kind: StreamKind;
  /** Aborts when the host ends this stream; its reason is the close code. */
  readonly closing: AbortSignal;
  /** Calls back, once, when the host ends this stream; at once when it has. One listener, for writers that hold no signal. */
  onClosing(listener: (code: CloseCode) => void): void;
  close(code: CloseCode): void;
  /** Asks whether this stream may still be held, and closes it if not. Rejects when that could not be found out. */
  recheck(): Promise<void>;
  release(): void;
}

export interface SlotOptions {
  personId: string;
  kind: StreamKind;
  /** The client's address, where it is known to be one client's and not a proxy's. */
  address?: string | null;
  /** A name of the client's choice under which it promises to renew the stream. */
  leaseId?: string | undefined;
  recheck?: () => Promise<CloseCode | null>;
}

export interface AdmissionOptions {
  maxStreams: number;
  /** Of each kind. */
  maxPerPerson: number;
  maxPerAddress?: number;
  /** Uniform in [0, 1). */
  random?: () => number;
}

export interface Admission {
  /** Takes a slot. Throws `too-many` at the limit of the host or of an address, and `unavailable` while it drains. */
  open(options: SlotOptions): StreamSlot;
  /** Prolongs the leases that a person gave this name. False when there is none here. */
  renew(personId: string, leaseId: string): boolean;
  /** Ends all streams of a kind or person that match. */
  closeWhere(matches: (slot: StreamSlot) => boolean, code: CloseCode): void;
  /** Asks all that match whether they may still be held. Rejects when that could not be found out for one of them. */
  recheckWhere(matches: (slot: StreamSlot) => boolean): Promise<void>;
  count(kind?: StreamKind): number;
  readonly isDraining: boolean;
  /** Refuses new streams and ends the open ones at random instants of the window. Resolves when all are released or the window and a margin passed. */
  drain(windowMs: number): Promise<void>;
}

export function createAdmission({
  maxStreams,
  maxPerPerson,
  maxPerAddress = Number.POSITIVE_INFINITY,
  random = Math.random,
}: AdmissionOptions): Admission {
  const slots = new Set<Slot>();
  const byPerson = new Map<string, Set<Slot>>();
  const byAddress = new Map<string, number>();
  let isDraining = false;
  const waitingForEmpty = new Set<() => void>();
  let sweep: NodeJS.Timeout | null = null;

  /** One timer for the ages and leases of all: a timer for each would be a good part of what an idle stream costs. */
  const endOld = () => {
    const now = performance.now();
    for (const slot of slots) {
      if (now >= slot.expiresAt) slot.close("expired");
    }
  };

  const release = (slot: Slot) => {
    if (!slots.delete(slot)) return;
    const own = byPerson.get(personKey(slot));
    own?.delete(slot);
    if (own?.size === 0) byPerson.delete(personKey(slot));
    if (slot.address !== null) {
      const left = (byAddress.get(slot.address) ?? 1) - 1;
      if (left > 0) byAddress.set(slot.address, left);
      else byAddress.delete(slot.address);
    }
    if (slots.size > 0) return;
    if (sweep) clearInterval(sweep);
    sweep = null;
    for (const resolve of waitingForEmpty) resolve();
  };

  return {
    open(options) {
      if (isDraining) throw new SignalboxError("unavailable", "This host is going away. Another will answer.");
      if (slots.size >= maxStreams) throw new SignalboxError("too-many", "This host holds as many streams as it may.");
      const { address = null } = options;
      const ofAddress = address === null ? 0 : (byAddress.get(address) ?? 0);
      if (ofAddress >= maxPerAddress) {
        throw new SignalboxError("too-many", "This address holds as many streams as it may.");
      }
      const slot = new Slot(options, performance.now() + STREAM_MAX_AGE_MS * (0.8 + 0.4 * random()), release);
      const own = byPerson.get(personKey(slot)) ?? new Set();
      // One that was told to end and can't (its reader is stuck) must not be the one that gives way again.
      const open = [...own].filter((one) => one.closeCode === null);
      // A Set iterates in the order of insertion: the first is the oldest.
      if (open.length >= maxPerPerson) open[0]?.close("evicted");
      byPerson.set(personKey(slot), own.add(slot));
      if (address !== null) byAddress.set(address, ofAddress + 1);
      slots.add(slot);
      sweep ??= setInterval(endOld, STREAM_SWEEP_MS).unref();
      return slot;
    },
    renew(personId, leaseId) {
      let isHeld = false;
      for (const kind of ["events", "turn"] as const) {
        for (const slot of byPerson.get(personKey({ personId, kind })) ?? []) {
          if (slot.leaseId !== leaseId) continue;
          slot.renew();
          isHeld = true;
        }
      }
      return isHeld;
    },
    closeWhere(matches, code) {
      for (const slot of slots) if (matches(slot)) slot.close(code);
    },
    async recheckWhere(matches) {
      const asked = [...slots].filter((slot) => slot.closeCode === null && matches(slot));
      const settled = await Promise.allSettled(asked.map((slot) => slot.recheck()));
      const failed = settled.find((one) => one.status === "rejected");
      if (failed) throw failed.reason;
    },
    count: (kind) => (kind ? [...slots].filter((slot) => slot.kind === kind).length : slots.size),
    get isDraining() {
      return isDraining;
    },
    async drain(windowMs) {
      isDraining = true;
      if (slots.size === 0) return;
      const allReleased = new Promise<void>((resolve) => {
        waitingForEmpty.add(resolve);
      });
      const timers = [...slots].map((slot) => setTimeout(() => slot.close("draining"), windowMs * random()));
      const deadline = new Promise<void>((resolve) => timers.push(setTimeout(resolve, windowMs + 500)));
      await Promise.race([allReleased, deadline]);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** A class, and signals only for who asks for one: thousands of these stand about doing nothing. */
class Slot implements StreamSlot {
  readonly personId: string;
  readonly kind: StreamKind;
  readonly address: string | null;
  readonly leaseId: string | null;
  /** On the clock of `performance.now()`. */
  expiresAt: number;
  readonly #maxAgeAt: number;
  readonly #recheck: SlotOptions["recheck"];
  readonly #release: (slot: Slot) => void;
  #closeCode: CloseCode | null = null;
  #listener: ((code: CloseCode) => void) | null = null;
  #controller: AbortController | null = null;

  constructor(
    { personId, kind, address, leaseId, recheck }: SlotOptions,
    maxAgeAt: number,
    release: (slot: Slot) => void,
  ) {
    this.personId = personId;
    this.kind = kind;
    this.address = address ?? null;
    this.leaseId = leaseId ?? null;
    this.#maxAgeAt = maxAgeAt;
    this.expiresAt = maxAgeAt;
    this.#recheck = recheck;
    this.#release = release;
    if (leaseId !== undefined) this.renew();
  }

  get closeCode(): CloseCode | null {
    return this.#closeCode;
  }

  get closing(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#closeCode !== null) this.#controller.abort(this.#closeCode);
    return this.#controller.signal;
  }

  onClosing(listener: (code: CloseCode) => void): void {
    if (this.#closeCode !== null) listener(this.#closeCode);
    else this.#listener = listener;
  }

  close(code: CloseCode): void {
    if (this.#closeCode !== null) return;
    this.#closeCode = code;
    this.#controller?.abort(code);
    this.#listener?.(code);
    this.#listener = null;
  }

  renew(): void {
    this.expiresAt = Math.min(this.#maxAgeAt, performance.now() + STREAM_LEASE_MS);
  }

  async recheck(): Promise<void> {
    const code = await this.#recheck?.();
    if (code) this.close(code);
  }

  release(): void {
    this.#release(this);
  }
}

function personKey({ personId, kind }: { personId: string; kind: StreamKind }): string {
  return `${kind}:${personId}`;
}

/** The code with which a slot is being closed. */
export function closeCodeOf(slot: StreamSlot): CloseCode {
  return slot.closing.reason as CloseCode;
}
