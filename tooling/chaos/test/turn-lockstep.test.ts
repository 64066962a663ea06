/**
 * The model's own steps as fast-check commands, and the real parts driven by the same list: the host's append over a real
 * store, its forgetting and its losses, and the client's reader. After every step both must have the same log and show the
 * same turn. A list that fails is cut down to the commands that it takes, and printed with its seed.
 */
import fc from "fast-check";
import { deepStrictEqual } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres } from "../src/postgres.ts";
import { createRealTurn, openRealStore, type RealStore, type RealTurn } from "./real-turn.ts";
import { begin, type World } from "./turn-model-world.ts";
import { ALL_MECHANISMS, NO_FAULTS, stepsOf, type Settings, type Step } from "./turn-model.ts";

const BOUNDS = {
  ...NO_FAULTS,
  drops: 3,
  tabCrashes: 1,
  hostCrashes: 2,
  operatorDrops: 3,
  operatorCrashes: 2,
  operatorDeaths: 1,
  evictions: 2,
  purges: 1,
  lostRings: 1,
  lapses: 1,
  losses: 2,
};
const COMMANDS_MAX = 250;
const RUNS = 12;
/** A machine that does much else makes fewer runs. */
const TIME_MS = 120_000;

/** The model's blows, by how their steps begin, each with how often it is tried beside the others. */
const BLOWS: [string, number][] = [
  ["FAULT: the client's connection breaks", 3],
  ["FAULT: the tab crashes", 2],
  ["FAULT: the host is killed", 2],
  ["FAULT: the operator's connection breaks", 3],
  ["FAULT: the operator is killed", 3],
  ["FAULT: the operator is gone for good", 1],
  ["FAULT: the store comes back without its last row", 2],
  ["FAULT: the bus loses a ring", 3],
  ["store: forgets the oldest row", 3],
  ["store: purges the log", 2],
  ["reaper: sees a lapsed lease", 2],
];

interface Lockstep {
  settings: Settings;
  world: World;
  done: string[];
}

/** One step of the model: a blow of this kind, or with null whatever else comes next. */
class Take implements fc.AsyncCommand<Lockstep, RealTurn> {
  readonly #blow: string | null;
  readonly #choice: number;
  #done = "";

  constructor(blow: string | null, choice: number) {
    this.#blow = blow;
    this.#choice = choice;
  }

  check(model: Readonly<Lockstep>): boolean {
    return this.#steps(model).length > 0;
  }

  async run(model: Lockstep, real: RealTurn): Promise<void> {
    const steps = this.#steps(model);
    const step = steps[this.#choice % steps.length];
    if (!step) return;
    this.#done = step.name;
    model.done.push(step.name);
    await real.follow(step.name, model.world, step.next);
    model.world = step.next;
    const { done } = model;
    // The steps behind us tell how it came to this.
    deepStrictEqual({ done, ...(await real.state()) }, { done, ...real.stateOf(model.world) });
  }

  toString(): string {
    return this.#done;
  }

  #steps({ world, settings }: Readonly<Lockstep>): Step[] {
    return stepsOf(world, settings).filter(({ name }) =>
      this.#blow === null
        ? !BLOWS.some(([blow]) => name.startsWith(blow))
        : name.startsWith(this.#blow) && isOfTheProduct(name, world),
    );
  }
}

/** The model forgets rows of any turn. The host forgets those of turns that ended, whose record it has; no store unlearns that. */
function isOfTheProduct(name: string, { status, floor }: World): boolean {
  if (name === "store: forgets the oldest row") return status !== "streaming";
  return name !== "FAULT: the store comes back without its last row" || floor === 0;
}

const commands = fc.commands(
  [
    fc.oneof(
      { weight: 200, arbitrary: fc.nat().map((choice) => new Take(null, choice)) },
      ...BLOWS.map(([blow, weight]) => ({ weight, arbitrary: fc.nat().map((choice) => new Take(blow, choice)) })),
    ),
  ],
  { maxCommands: COMMANDS_MAX, size: "max" },
);

const STORES = ["the embedded store", "PostgreSQL"] as const;
const isThere = { "the embedded store": true, PostgreSQL: await hasPostgres() };

describe.each(STORES)("the real append and reader, on %s", (kind) => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-lockstep-"));
  let database: Awaited<ReturnType<typeof startPostgres>> | null = null;
  let store: RealStore;
  beforeAll(async () => {
    if (!isThere[kind]) return;
    if (kind === "PostgreSQL") database = await startPostgres({ isCluster: false });
    store = await openRealStore(folder, database?.url ?? null);
  });
  afterAll(async () => {
    await store?.close();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(!isThere[kind]).each([
    { spool: "kept", hasJournal: true },
    { spool: "lost with a crash", hasJournal: false },
  ])("do what the model does, in every step of a random list, with a spool that is $spool", async ({ hasJournal }) => {
    const settings: Settings = { on: ALL_MECHANISMS, bounds: BOUNDS, entries: 6, hasJournal };
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(commands, async (list) => {
        const real = await createRealTurn(store, settings);
        const model: Lockstep = { settings, world: begin(settings.bounds), done: [] };
        try {
          await fc.asyncModelRun(() => ({ model, real }), list);
        } finally {
          real.close();
          for (const name of model.done) seen.add(name.replace(/ \d+/, ""));
        }
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: TIME_MS },
    );
    // A list that never strikes would prove nothing.
    expect([...seen]).toEqual(
      expect.arrayContaining([
        "FAULT: the client's connection breaks",
        "FAULT: the operator is killed",
        "FAULT: the store comes back without its last row",
        "client: takes a frame of stream",
      ]),
    );
  });
});
