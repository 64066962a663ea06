/**
 * The model's own steps, drawn at random, and the real parts driven by the same list: the host's append over a real store, and
 * the client's reader. After every step both must have the same log and show the same turn.
 */
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRealTurn, openRealStore, type RealStore } from "./real-turn.ts";
import { begin, type World } from "./turn-model-world.ts";
import { ALL_MECHANISMS, NO_FAULTS, stepsOf, type Settings, type Step } from "./turn-model.ts";

const SETTINGS: Settings = {
  on: ALL_MECHANISMS,
  bounds: { ...NO_FAULTS, drops: 3, tabCrashes: 1, hostCrashes: 2, operatorDrops: 3, operatorCrashes: 2, lapses: 1 },
  entries: 6,
  hasJournal: true,
};
const STEPS_MAX = 250;
const RUNS = 12;

describe.each([
  { spool: "kept", hasJournal: true },
  { spool: "lost with a crash", hasJournal: false },
])("the real append and reader, with a spool that is $spool, do what the model does", ({ hasJournal }) => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-lockstep-"));
  let store: RealStore;
  beforeAll(async () => {
    store = await openRealStore(folder);
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("in every step of a random list", async () => {
    const seen = new Set<string>();
    const choices = fc.array(fc.nat(), { minLength: STEPS_MAX, maxLength: STEPS_MAX, size: "max" });
    await fc.assert(
      fc.asyncProperty(choices, async (list) => {
        const settings = { ...SETTINGS, hasJournal };
        const real = await createRealTurn(store, settings);
        let world: World = begin(settings.bounds);
        const done: string[] = [];
        try {
          for (const choice of list) {
            const step = pickStep(stepsOf(world, settings), choice);
            if (!step) break;
            done.push(step.name);
            seen.add(step.name);
            await real.follow(step.name, world, step.next);
            world = step.next;
            // The steps behind us tell how it came to this.
            expect({ done, ...(await real.state()) }).toEqual({ done, ...real.stateOf(world) });
          }
        } finally {
          real.close();
        }
      }),
      // A failure prints its seed and path: put in here they repeat it.
      { numRuns: RUNS, endOnFailure: true },
    );
    // A list that never strikes would prove nothing.
    expect([...seen]).toEqual(
      expect.arrayContaining([
        "FAULT: the client's connection breaks",
        "FAULT: the host is killed",
        "FAULT: the operator is killed",
        "reaper: ends the turn",
      ]),
    );
  });
});

/** Left to chance alone, all blows would fall before there is anything to strike at. */
const FAULT_EVERY = 10;

function pickStep(steps: readonly Step[], choice: number): Step | undefined {
  const [faults, others] = [true, false].map((wanted) =>
    steps.filter(({ name }) => (name.startsWith("FAULT") || name.startsWith("reaper: sees")) === wanted),
  );
  const isBlow = choice % FAULT_EVERY === 0;
  const list = (isBlow ? faults : others) ?? [];
  return list.length > 0 ? list[Math.floor(choice / FAULT_EVERY) % list.length] : steps[0];
}
