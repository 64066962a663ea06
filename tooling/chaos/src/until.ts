/** Waits for a condition, and says which one it was when it does not come. */
import { ChaosError, describeError } from "./chaos-error.ts";

const LIMIT_MS = 240_000;
const STEP_MS = 5;

/** A check that throws counts as "not yet": hosts are down here. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { limitMs = LIMIT_MS, stepMs = STEP_MS } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  let lastError: unknown = null;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      lastError = null;
    } catch (error) {
      if (error instanceof ChaosError) throw error;
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new ChaosError(
        `Waited in vain for ${Math.round(limitMs / 1_000)} s until ${what}.${lastError ? ` ${describeError(lastError)}` : ""}`,
      );
    }
    await passTime(stepMs);
  }
}

/** For the faults themselves, which last so long, and between two looks. Nothing is awaited by it that could be looked at. */
export function passTime(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
