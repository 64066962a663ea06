import { setTimeout } from "node:timers/promises";

/** Resolves after the time, or at once when the signal is aborted: whoever waits looks then why. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}
