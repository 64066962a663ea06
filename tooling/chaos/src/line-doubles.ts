/**
 * Batches that arrive twice: before the original, right behind it, or after later ones; some reach back into the batch before.
 * A copy has a name of its own, so that its answer can be told apart and kept from the operator.
 */
import { APPEND_MAX_ENTRIES } from "@signalbox/catalog/bounds";
import type { AppendInput } from "@signalbox/catalog/operator-protocol";
import type { LineFrame } from "./line-frames.ts";
import type { Random } from "./random.ts";

export interface Doubles {
  /** The copies to send before and behind these appends. */
  take(appends: readonly (LineFrame & { append: AppendInput })[]): { before: string[]; after: string[] };
  /** Whether this names one of the copies. */
  isOurs(id: LineFrame["id"]): boolean;
  /** Copies that were to come later, when the connection ended. */
  left(): string[];
}

type AppendMessage = { params: { path: string; input: { json: AppendInput } } };

const MARK = "again-";

export function createDoubles({ random, share }: { random: Random; share: number }): Doubles {
  const previous = new Map<string, AppendInput["entries"]>();
  let late: string[] = [];
  let count = 0;

  function copyOf(frame: LineFrame & { append: AppendInput }): string {
    const { turnId, entries } = frame.append;
    const before = previous.get(turnId) ?? [];
    const room = Math.min(before.length, APPEND_MAX_ENTRIES - entries.length);
    const reach = room > 0 && random.chance(0.5) ? before.slice(-random.between(1, room)) : [];
    const isContinued = reach.at(-1)?.seq === (entries[0]?.seq ?? 0) - 1;
    // A spool's entries are plain JSON: superjson has put no notes beside them that would have to move along.
    const message = structuredClone(frame.value) as AppendMessage;
    message.params.input.json.entries = isContinued ? [...reach, ...entries] : entries;
    count += 1;
    return JSON.stringify({ ...message, id: `${MARK}${count}` });
  }

  return {
    take(appends) {
      const before: string[] = [];
      const after = late;
      late = [];
      for (const frame of appends) {
        if (random.chance(share)) {
          const copy = copyOf(frame);
          random.pick([before, after, late]).push(copy);
        }
        previous.set(frame.append.turnId, frame.append.entries);
      }
      return { before, after };
    },
    isOurs: (id) => typeof id === "string" && id.startsWith(MARK),
    left: () => late.splice(0),
  };
}
