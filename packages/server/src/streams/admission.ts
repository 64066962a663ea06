/**
 * Who may hold a stream open, and how many. A slot is taken before a stream starts and is released however its request ends.
 * A host cannot see that a peer vanished, so at a person's limit the oldest stream gives way; the newest is never refused.
 */
import type { CloseCode } from "@signalbox/catalog/stream-frames";
import { STREAM_MAX_AGE_MS } from "@signalbox/catalog/timing";
import { SignalboxError } from "../errors.ts";

export type StreamKind = "events" | "turn";

export interface StreamSlot {
  readonly personId: string;
  readonly kind: StreamKind;
  /** Aborts when the host ends this stream; its reason is the close code. */
  readonly closing: AbortSignal;
  close(code: CloseCode): void;
  /** Asks whether this stream may still be held, and closes it if not. Rejects when that could not be found out. */
  recheck(): Promise<void>;
  release(): void;
}

export interface AdmissionOptions {
  maxStreams: number;
  /** Of each kind. */
  maxPerPerson: number;
  /** Uniform in [0, 1). */
  random?: () => number;
}

export interface Admission {
  /** Takes a slot. Throws `too-many` at the host's limit and `unavailable` while it drains. */
  open(request: { personId: string; kind: StreamKind; recheck?: () => Promise<CloseCode | null> }): StreamSlot;
  /** Ends all streams of a kind or person that match. */
  closeWhere(matches: (slot: StreamSlot) => boolean, code: CloseCode): void;
  /** Asks all that match, one after the other, whether they may still be held. */
  recheckWhere(matches: (slot: StreamSlot) => boolean): Promise<void>;
  count(kind?: StreamKind): number;
  readonly isDraining: boolean;
  /** Refuses new streams and ends the open ones at random instants of the window. Resolves when all are released or the window and a margin passed. */
  drain(windowMs: number): Promise<void>;
}

export function createAdmission({ maxStreams, maxPerPerson, random = Math.random }: AdmissionOptions): Admission {
  const slots = new Set<StreamSlot>();
  let isDraining = false;
  const waitingForEmpty = new Set<() => void>();

  return {
    open({ personId, kind, recheck = async () => null }) {
      if (isDraining) throw new SignalboxError("unavailable", "This host is going away. Another will answer.");
      if (slots.size >= maxStreams) throw new SignalboxError("too-many", "This host holds as many streams as it may.");
      // One that was told to end and can't (its reader is stuck) must not be the one that gives way again.
      const own = [...slots].filter(
        (slot) => slot.personId === personId && slot.kind === kind && !slot.closing.aborted,
      );
      // A Set iterates in the order of insertion: the first is the oldest.
      if (own.length >= maxPerPerson) own[0]?.close("evicted");

      const controller = new AbortController();
      const age = STREAM_MAX_AGE_MS * (0.8 + 0.4 * random());
      const expiry = setTimeout(() => slot.close("expired"), age);
      expiry.unref();
      const slot: StreamSlot = {
        personId,
        kind,
        closing: controller.signal,
        close: (code) => controller.abort(code),
        recheck: async () => {
          const code = await recheck();
          if (code) slot.close(code);
        },
        release: () => {
          clearTimeout(expiry);
          if (slots.delete(slot) && slots.size === 0) for (const resolve of waitingForEmpty) resolve();
        },
      };
      slots.add(slot);
      return slot;
    },
    closeWhere(matches, code) {
      for (const slot of slots) if (matches(slot)) slot.close(code);
    },
    async recheckWhere(matches) {
      for (const slot of [...slots]) if (matches(slot) && !slot.closing.aborted) await slot.recheck();
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

/** The code with which a slot is being closed. */
export function closeCodeOf(slot: StreamSlot): CloseCode {
  return slot.closing.reason as CloseCode;
}
