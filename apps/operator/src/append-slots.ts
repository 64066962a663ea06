/** How many appends an operator has under way at once, over all its turns. */
import { OPERATOR_APPENDS_IN_FLIGHT } from "@signalbox/catalog/bounds";

export interface AppendSlots {
  /** Runs the task when a slot is free; the waiting ones in the order in which they came. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createAppendSlots(limit = OPERATOR_APPENDS_IN_FLIGHT): AppendSlots {
  let free = limit;
  const waiting: (() => void)[] = [];
  return {
    async run(task) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
