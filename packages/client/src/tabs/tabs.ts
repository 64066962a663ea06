/**
 * The tabs of one browser, as far as they share streams: locks that one of them holds, and channels that all of them hear.
 * Web Locks and BroadcastChannel in a browser; null where either is missing: then each tab is on its own.
 */
export interface Tabs {
  locks: Pick<LockManager, "request">;
  open(name: string, hear: (message: unknown) => void): TabChannel;
}

export interface TabChannel {
  /** Says it to all others on the channel, not to itself. */
  say(message: unknown): void;
  close(): void;
}

export function browserTabs(): Tabs | null {
  if (typeof navigator === "undefined" || typeof BroadcastChannel === "undefined" || !("locks" in navigator))
    return null;
  // Web Locks exist in secure contexts only.
  const locks: LockManager | undefined = navigator.locks;
  return locks ? { locks, open: openChannel } : null;
}

export function openChannel(name: string, hear: (message: unknown) => void): TabChannel {
  const channel = new BroadcastChannel(name);
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => hear(data));
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has its own origin, and takes none.
    say: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
}

/** What is shared by the tabs of one person, and by no others. The version keeps tabs from before a deploy apart. */
export interface TabScope {
  tabs: Tabs;
  personId: string;
}

export function scopeName({ personId }: TabScope, what: string): string {
  return `signalbox:2:${personId}:${what}`;
}
