import type { Clock } from "../src/clock.ts";
import { openChannel, type TabChannel, type Tabs } from "../src/tabs/tabs.ts";

/**
 * One tab of a browser over Node's own Web Locks and BroadcastChannel: it can be frozen (it keeps its locks and
 * connections, runs nothing, and misses messages) and crash (all it held is gone, and nothing of it ever runs again).
 */
export interface BrowserTab {
  tabs: Tabs;
  clock: Clock;
  fetch: typeof fetch;
  freeze(): void;
  thaw(): void;
  crash(): void;
}

export function openTab(world: Clock): BrowserTab {
  const gone = new AbortController();
  const channels = new Set<TabChannel>();
  let isFrozen = false;
  let held: (() => void)[] = [];
  /** Runs when the tab runs: at once, after the thaw, or never. */
  const run = (work: () => void) => {
    if (gone.signal.aborted) return;
    if (isFrozen) held.push(work);
    else work();
  };

  const request = async (name: string, options: LockOptions, hold: LockGrantedCallback<unknown>) => {
    const crashed = new Promise<void>((resolve) => gone.signal.addEventListener("abort", () => resolve()));
    const granted = (lock: Lock | null) =>
      Promise.race([new Promise<unknown>((resolve) => run(() => resolve(hold(lock)))), crashed]);
    if (gone.signal.aborted) return new Promise(() => undefined);
    return navigator.locks.request(name, options, granted).catch(
      (error: unknown) =>
        new Promise((_, reject) => {
          run(() => reject(error));
        }),
    );
  };

  const open = (name: string, hear: (message: unknown) => void): TabChannel => {
    const channel = openChannel(name, (message) => {
      // A frozen page may lose what is said meanwhile; here it always does.
      if (!isFrozen && !gone.signal.aborted) hear(message);
    });
    channels.add(channel);
    return {
      say: (message) => run(() => channels.has(channel) && channel.say(message)),
      close() {
        channels.delete(channel);
        channel.close();
      },
    };
  };

  return {
    tabs: { locks: { request: request as LockManager["request"] }, open },
    clock: {
      now: world.now,
      after(ms, work) {
        let isStopped = false;
        const stop = world.after(ms, () => run(() => !isStopped && work()));
        return () => {
          isStopped = true;
          stop();
        };
      },
    },
    fetch: (input, init) =>
      fetch(input, { ...init, signal: AbortSignal.any([gone.signal, ...(init?.signal ? [init.signal] : [])]) }).then(
        (response) => new Promise((resolve) => run(() => resolve(response))),
      ),
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
      const work = held;
      held = [];
      for (const each of work) run(each);
    },
    crash() {
      gone.abort();
      held = [];
      for (const channel of channels) channel.close();
      channels.clear();
    },
  };
}
