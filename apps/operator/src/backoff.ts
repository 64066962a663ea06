/** How long to wait before the next try to connect: at first almost nothing, then full jitter under a doubling ceiling. */
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS } from "@signalbox/catalog/timing";
import { FIRST_RETRY_MS } from "./limits.ts";

/** `failures` counts from 0; `random` is in [0, 1). Milliseconds. */
export function backoffDelay(failures: number, random: () => number): number {
  if (failures === 0) return random() * FIRST_RETRY_MS;
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (failures - 1));
}
