import type { VirtualClock } from "./virtual-clock.ts";

/** Moves a virtual clock until the real wire has brought about the condition; the test's own timeout is the bound. */
export async function passUntil(clock: VirtualClock, condition: () => boolean, stepMs = 250): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (!condition()) await clock.advance(stepMs);
  }
}
