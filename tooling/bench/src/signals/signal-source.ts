/**
 * Where the signals of a workload come from: mutations of plans over HTTP, one request each, at a steady rate while the host
 * keeps up. It answers with what really happened: a host that can't commit so fast is told as such, not waited away.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Api, Call, Plan } from "../api.ts";

export interface Published {
  signals: number;
  /** From the first request to the last answer. */
  seconds: number;
}

export interface SignalSource {
  /** Changes plans in turn. `perSecond`: signals, on an absolute schedule. */
  publish(options: { count: number; perSecond: number; records: number }): Promise<Published>;
}

/** Requests under way; more would only stand in the host's queue. */
const IN_FLIGHT = 32;

/** `perRequest`: mutations in one request (at most 10), for rates that single requests don't reach. */
export function createMutationSource(options: { api: Api; plans: readonly Plan[]; perRequest?: number }): SignalSource {
  const { api, plans, perRequest = 1 } = options;
  let title = 0;
  return {
    async publish({ count, perSecond, records }) {
      const startedAt = performance.now();
      const underWay = new Set<Promise<void>>();
      const failures: Error[] = [];
      for (let sent = 0; sent < count && failures.length === 0; sent += perRequest) {
        const due = startedAt + (sent / perSecond) * 1_000 - performance.now();
        if (due > 1) await pause(due);
        while (underWay.size >= IN_FLIGHT) await Promise.race(underWay);
        const calls = Array.from({ length: Math.min(perRequest, count - sent) }, (_, index): Call => {
          const plan = plans[(sent + index) % Math.min(records, plans.length)];
          return ["plan.update", { id: plan?.id, title: `Title ${(title += 1)}` }];
        });
        const request = api.mutateBatch(calls).then(
          () => void underWay.delete(request),
          (error: unknown) => {
            failures.push(error instanceof Error ? error : new Error(String(error)));
            underWay.delete(request);
          },
        );
        underWay.add(request);
      }
      await Promise.all(underWay);
      const [failure] = failures;
      if (failure) throw failure;
      return { signals: count, seconds: (performance.now() - startedAt) / 1_000 };
    },
  };
}
