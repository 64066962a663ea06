/** Waiting for rings on a channel, with the poll behind it: a lost ring costs at most a second. */
import { DOORBELL_BACKSTOP_MS } from "@signalbox/catalog/timing";
import { withDeadline } from "../streams/pause.ts";
import { RING_ALL, type Store } from "./store.ts";

export interface Bell {
  /** Forgets earlier rings. Call it before the read that they would announce: a ring during the read then counts. */
  arm(): void;
  /** Resolves at the first ring since `arm`, after the backstop, or when a signal aborts. Never rejects. */
  wait(...signals: AbortSignal[]): Promise<void>;
  close(): void;
}

export interface Doorbell {
  open(key: string): Bell;
  /** Calls back at each ring, for who looks seldom and has nothing to wait for. Without the poll. Returns its removal. */
  onRing(key: string, ring: () => void): () => void;
  /** Keys that somebody listens for, for leak tests. */
  readonly openKeys: number;
  stop(): Promise<void>;
}

export async function createDoorbell(store: Store, channel: string): Promise<Doorbell> {
  const bells = new Map<string, Set<() => void>>();
  const unlisten = await store.listen(channel, (payload) => {
    const keys = payload === RING_ALL ? [...bells.keys()] : [payload];
    for (const key of keys) for (const ring of bells.get(key) ?? []) ring();
  });
  function onRing(key: string, ring: () => void): () => void {
    const group = bells.get(key) ?? new Set();
    bells.set(key, group);
    group.add(ring);
    return () => {
      group.delete(ring);
      if (group.size === 0 && bells.get(key) === group) bells.delete(key);
    };
  }

  return {
    onRing,
    open(key) {
      let isRung = false;
      let wake = () => {};
      const close = onRing(key, () => {
        isRung = true;
        wake();
      });
      return {
        arm() {
          isRung = false;
        },
        wait: (...signals) =>
          withDeadline(DOORBELL_BACKSTOP_MS, signals, async (deadline) => {
            if (isRung) return;
            await new Promise<void>((resolve) => {
              wake = resolve;
              deadline.addEventListener("abort", () => resolve(), { once: true });
            });
            wake = () => {};
          }),
        close,
      };
    },
    get openKeys() {
      return bells.size;
    },
    stop: unlisten,
  };
}
