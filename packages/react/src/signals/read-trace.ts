import type { Signal } from "@signalbox/catalog/signals";
import type { Clock } from "@signalbox/client/clock";
import type { Inspector } from "@signalbox/client/inspector/inspector";
import type { Query } from "@tanstack/react-query";
import { readQueryKey } from "./query-keys.ts";

/** Tells an open inspector which reads were made, and what asked for them. Does nothing while it is closed. */
export interface ReadTrace {
  /** What is asked for while `run` runs is asked for this reason. */
  during<T>(why: () => string, run: () => T): T;
  asked(key: string): void;
  /** A read that the live parts make. */
  follow(key: string, label: () => string, read: () => Promise<void>): Promise<void>;
  /** A read that the page itself made has ended. */
  foreign(label: () => string, startedAt: number, outcome: "ok" | "failed" | "given-up"): void;
}

export function createReadTrace(inspector: Inspector | undefined, clock: Clock): ReadTrace {
  let reason: () => string = () => "A signal that waited for this page's own write";
  return {
    during(why, run) {
      const before = reason;
      reason = why;
      try {
        return run();
      } finally {
        reason = before;
      }
    },
    asked: (key) => inspector?.asked(key, reason),
    async follow(key, label, read) {
      if (!inspector?.isOpen) return read();
      const asked = inspector.takeReasons(key);
      const startedAt = clock.now();
      const tell = (outcome: "ok" | "failed") =>
        inspector.record(() => ({ type: "read", label: label(), outcome, tookMs: clock.now() - startedAt, ...asked }));
      try {
        await read();
        tell("ok");
      } catch (error) {
        tell("failed");
        throw error;
      }
    },
    foreign(label, startedAt, outcome) {
      inspector?.record(() => ({
        type: "read",
        label: label(),
        outcome,
        tookMs: clock.now() - startedAt,
        because: ["The page itself: it was shown, or asked for it"],
        asked: 1,
      }));
    },
  };
}

export function describeSignal({ name, ids }: Signal): string {
  return `${name} ${Object.entries(ids)
    .map(([subject, id]) => `${subject}:${id}`)
    .join(" ")}`;
}

/** `plan.list {"workspaceId":"…"}` */
export function describeQuery(query: Query): string {
  const name = readQueryKey(query.queryKey);
  return name ? `${name.router}.${name.procedure} ${JSON.stringify(name.input)}` : query.queryHash;
}
