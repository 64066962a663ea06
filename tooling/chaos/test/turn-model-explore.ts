/** Goes through every state of the turn model, breadth first, and says how a promise can be broken if one can. */
import { changeOf, keyOf, wrongIn, type World } from "./turn-model-world.ts";
import { stepsOf, type Settings } from "./turn-model.ts";

export interface Verdict {
  holds: boolean;
  /** What went wrong, and the steps that led there. */
  why: string | null;
  trace: string[];
  states: number;
}

/** Breadth first: the trace of a broken promise is a shortest one. */
export function explore(start: World, settings: Settings, maxStates = 400_000): Verdict {
  const ids = new Map([[keyOf(start), 0]]);
  const reached: { from: number; step: string }[] = [{ from: -1, step: "start" }];
  const before: number[][] = [[]];
  const done: number[] = [];
  const verdict = (why: string | null, index: number): Verdict => {
    const trace: string[] = [];
    for (let at = index; at > 0; at = reached[at]?.from ?? 0) trace.unshift(reached[at]?.step ?? "");
    return { holds: why === null, why, trace: why === null ? [] : trace, states: reached.length };
  };
  let frontier = [{ world: start, index: 0 }];
  while (frontier.length > 0) {
    const following: typeof frontier = [];
    for (const { world, index } of frontier) {
      if (world.client.state === "done") done.push(index);
      for (const { name, next } of stepsOf(world, settings)) {
        const key = keyOf(next);
        let id = ids.get(key);
        if (id === undefined) {
          id = reached.length;
          ids.set(key, id);
          reached.push({ from: index, step: name });
          before.push([]);
          const wrong = wrongIn(next, settings.entries);
          if (wrong) return verdict(wrong, id);
          following.push({ world: next, index: id });
        }
        changeOf(before, id).push(index);
      }
      if (reached.length > maxStates) throw new Error(`More than ${maxStates} states: lower the bounds.`);
    }
    frontier = following;
  }
  const trap = firstTrap(before, done);
  return trap === null ? verdict(null, 0) : verdict("a trap: from here the client never comes to the end", trap);
}

/** The first state from which no done one can be reached. */
function firstTrap(before: readonly (readonly number[])[], done: readonly number[]): number | null {
  const canFinish = new Set(done);
  const open = [...done];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const earlier of changeOf(before, id)) {
      if (canFinish.has(earlier)) continue;
      canFinish.add(earlier);
      open.push(earlier);
    }
  }
  const trap = before.findIndex((_, id) => !canFinish.has(id));
  return trap < 0 ? null : trap;
}
