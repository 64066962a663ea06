/**
 * The short seed set: each row of the failure matrix once, on one store or the other, with real processes, and some over the
 * second link. The long run is `pnpm chaos`. Rows that wait for a lease of a minute are left to it.
 */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBed, type Bed } from "../src/bed.ts";
import { repeatLine } from "../src/options.ts";
import { hasPostgres } from "../src/postgres.ts";
import { isThere } from "../src/scenario.ts";
import { SCENARIOS } from "../src/scenarios.ts";
import { runScenario } from "../src/tour.ts";

/** F6 and F10 are another thing with two hosts; the others would be the same once more. */
const ON_POSTGRES = ["F6", "F10", "F11", "F17"];

/** Host, hub and network each struck once; the turn itself is the same on both links. */
const OVER_PUBSUB = ["F1", "F2", "F18"];

const isPostgresThere = await hasPostgres();
if (!isPostgresThere && process.env["CI"] === "true")
  throw new Error("SIGNALBOX_TEST_DATABASE_URL must be a PostgreSQL that answers: CI tests both stores.");
if (!isPostgresThere)
  process.stderr.write(
    "PostgreSQL does not answer at SIGNALBOX_TEST_DATABASE_URL: its rows are run on the embedded store.\n",
  );

const SHORT = SCENARIOS.filter(({ isSlow, isHostHeldUp }) => !isSlow && !isHostHeldUp);
const EMBEDDED = { isPostgres: false, link: "websocket" } as const;
const POSTGRES = { isPostgres: true, link: "websocket" } as const;
const PUBSUB = { isPostgres: false, link: "pubsub" } as const;
const BEDS = [
  {
    where: "on the embedded store",
    ...EMBEDDED,
    rows: SHORT.filter((row) => isThere(row, EMBEDDED) && !(isPostgresThere && ON_POSTGRES.includes(row.id))),
  },
  { where: "on PostgreSQL", ...POSTGRES, rows: SHORT.filter(({ id }) => ON_POSTGRES.includes(id)) },
  { where: "over Web PubSub", ...PUBSUB, rows: SHORT.filter(({ id }) => OVER_PUBSUB.includes(id)) },
].filter(({ isPostgres }) => isPostgresThere || !isPostgres);

describe.each(BEDS)("a turn $where is whole, with one end, when", ({ isPostgres, link, rows }) => {
  const seed = randomInt(1_000_000);
  let bed: Bed;

  beforeAll(async () => {
    bed = await makeBed({ isPostgres, link, seed });
  });
  afterAll(() => bed?.close());

  it.each(rows)("$id: $failure", async (scenario) => {
    const run = await runScenario({ scenario, bed, seed, size: "short", keepIn: null });
    const again = repeatLine(
      { isPostgres, link, size: "short", minutes: null, scenarios: null, seed, jsonFile: null },
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
