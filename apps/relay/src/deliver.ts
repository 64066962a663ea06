/** Delivers one message for as long as it takes: attempts with growing pauses, until it is accepted or the relay stops. */
import { WEBHOOK_RETRY_BASE_MS, WEBHOOK_RETRY_CAP_MS } from "@signalbox/catalog/timing";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "./endpoints.ts";
import type { Logger } from "./logger.ts";
import { attempt, type Message } from "./webhook.ts";

/** `stopped`: the relay ends; the message was not accepted and comes again at the next start. */
export type Delivered = "accepted" | "gone" | "stopped";

export async function deliver(
  endpoint: Endpoint,
  message: Message,
  { log, signal, random = Math.random }: { log: Logger; signal: AbortSignal; random?: () => number },
): Promise<Delivered> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    // An attempt that is under way when the relay stops is waited for: it may be accepted.
    const outcome = await attempt(endpoint, message);
    if (outcome.kind !== "failed") return outcome.kind;
    const pauseMs = Math.max(retryPause(failures, random), outcome.retryAfterMs ?? 0);
    log.warn({ endpoint: endpoint.name, message: message.id, why: outcome.why, failures, pauseMs }, "not delivered");
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return "stopped";
}

/** Between half and all of base × 2ⁿ, at most the cap: never at once, and many relays don't knock in step. */
export function retryPause(failures: number, random: () => number): number {
  const whole = Math.min(WEBHOOK_RETRY_CAP_MS, WEBHOOK_RETRY_BASE_MS * 2 ** Math.min(failures, 20));
  return whole / 2 + (random() * whole) / 2;
}
