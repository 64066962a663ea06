/**
 * What arrives twice: before the original, right behind it, or after later ones; some batches reach back into the one before.
 * A copy has a name of its own, so that its answer can be told apart and kept from the operator.
 */
import { APPEND_MAX_ENTRIES } from "@signalbox/catalog/bounds";
import type { AppendInput } from "@signalbox/catalog/operator-protocol";
import type { LineFrame } from "./line-frames.ts";
import type { Random } from "./random.ts";

export interface Doubles {
  /** The copies to send before and behind these messages. */
  take(frames: readonly LineFrame[]): { before: string[]; after: string[] };
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

  function rename(message: unknown): string {
    count += 1;
    return JSON.stringify({ ...(message as object), id: `${MARK}${count}` });
  }

  function copyOf(frame: LineFrame): string {
    if (!frame.append) return rename(frame.value);
    const { entries } = frame.append;
    const before = previous.get(logOf(frame.path, frame.append)) ?? [];
    const room = Math.min(before.length, APPEND_MAX_ENTRIES - entries.length);
    const reach = room > 0 && random.chance(0.5) ? before.slice(-random.between(1, room)) : [];
    const isContinued = reach.at(-1)?.seq === (entries[0]?.seq ?? 0) - 1;
    // A spool's entries are plain JSON: superjson has put no notes beside them that would have to move along.
    const message = structuredClone(frame.value) as AppendMessage;
    message.params.input.json.entries = isContinued ? [...reach, ...entries] : entries;
    return rename(message);
  }

  return {
    take(frames) {
      const before: string[] = [];
      const after = late;
      late = [];
      for (const frame of frames) {
        if (!frame.append && !frame.isRepeatable) continue;
        if (random.chance(share)) {
          const copy = copyOf(frame);
          random.pick([before, after, late]).push(copy);
        }
        if (frame.append) previous.set(logOf(frame.path, frame.append), frame.append.entries);
      }
      return { before, after };
    },
    isOurs: (id) => typeof id === "string" && id.startsWith(MARK),
    left: () => late.splice(0),
  };
}

/** A turn's log and that of its sandbox bear the same id. */
function logOf(path: string | null, { turnId }: AppendInput): string {
  return `${path} ${turnId}`;
}
