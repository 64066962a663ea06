/**
 * The short seed set: each row of the failure matrix once, on one store or the other, with real processes. The long run is
 * `pnpm chaos`. Rows that wait for a lease of a minute are left to it.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBed, type Bed } from "../src/bed.ts";
import { repeatLine } from "../src/options.ts";
import { SCENARIOS } from "../src/scenarios.ts";
import { runScenario } from "../src/tour.ts";

/** F6 and F10 are another thing with two hosts; the others would be the same once more. */
const ON_POSTGRES = ["F6", "F10", "F11", "F17"];

describe.each([
  { store: "the embedded store", isPostgres: false },
  { store: "PostgreSQL", isPostgres: true },
])("a turn on $store is whole, with one end, when", ({ isPostgres }) => {
  const seed = randomInt(1_000_000);
  const rows = SCENARIOS.filter(({ id, isSlow }) => !isSlow && ON_POSTGRES.includes(id) === isPostgres);
  let bed: Bed;

  beforeAll(async () => {
    bed = await makeBed({ isPostgres, seed });
  });
  afterAll(() => bed?.close());

  it.each(rows)("$id: $failure", async (scenario) => {
    const run = await runScenario({ scenario, bed, seed, size: "short", keepIn: null });
    const again = repeatLine(
      { isPostgres, size: "short", minutes: null, scenarios: null, seed, jsonFile: null },
      scenario.id,
      seed,
    );
    // Printed with whatever is wrong: the line that repeats it.
    expect({
      again,
      broke: run.broke,
      faults: run.verdicts.flatMap(({ faults }) => faults),
      counts: run.verdicts.map(({ lost, duplicated, terminals }) => ({ lost, duplicated, terminals })),
      hasTurns: run.verdicts.length > 0,
    }).toEqual({
      again,
      broke: null,
      faults: [],
      counts: run.verdicts.map(() => ({ lost: 0, duplicated: 0, terminals: 1 })),
      hasTurns: true,
    });
  });
});
