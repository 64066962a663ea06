import { describe, expect, it } from "vitest";
import { readOptions, repeatLine } from "../src/options.ts";
import { createRandom } from "../src/random.ts";
import { SCENARIOS } from "../src/scenarios.ts";
import { createTally, toJsonLines, toTable } from "../src/tally.ts";

describe("the command line of chaos", () => {
  it("draws a seed where none is given, and repeats a run by the line that it prints", () => {
    const first = readOptions(["--minutes", "10", "--postgres", "--short"], () => 77);
    expect(first).toMatchObject({ minutes: 10, isPostgres: true, size: "short", seed: 77, scenarios: null });
    const line = repeatLine(first, "F3", 79);
    const again = readOptions(line.split(" ").slice(2), () => 0);
    expect(again).toMatchObject({ minutes: null, isPostgres: true, size: "short", seed: 79, scenarios: ["F3"] });
  });

  it.each([["--minutes", "0"], ["--minutes", "x"], ["--seed", "-1"], ["--seed", "1.5"], ["--nonsense"]])(
    "refuses %s %s",
    (...args) => {
      expect(() => readOptions(args, () => 0)).toThrow(/--minutes|--seed|nonsense/);
    },
  );

  it("repeats a run over the second link over it, and knows no third", () => {
    expect(readOptions([], () => 1).link).toBe("websocket");
    const line = repeatLine(
      readOptions(["--link", "pubsub"], () => 1),
      "F1",
      2,
    );
    expect(readOptions(line.split(" ").slice(2), () => 0)).toMatchObject({ link: "pubsub", size: "long", seed: 2 });
    expect(() => readOptions(["--link", "carrier-pigeon"], () => 0)).toThrow("--link");
  });

  it("gives the same blows for the same seed, and others for the next one", () => {
    const draw = (seed: number): number[] => Array.from({ length: 8 }, () => createRandom(seed).between(1, 1_000_000));
    expect(draw(5)).toEqual(draw(5));
    expect(new Set([5, 6, 7, 8].map((seed) => createRandom(seed).between(1, 1_000_000))).size).toBe(4);
  });
});

describe("the tally", () => {
  const [scenario, other] = SCENARIOS;
  if (!scenario || !other) throw new Error("There are scenarios.");
  const fine = { lost: 0, duplicated: 0, terminals: 1, faults: [] };

  it("counts each turn as a run, and passes only what has no fault", () => {
    const tally = createTally([scenario, other]);
    tally.add(other, [fine]);
    tally.add(scenario, [fine, fine]);
    tally.add(other, [{ ...fine, lost: 2, faults: ["gone"] }]);
    expect(
      toJsonLines(tally.rows())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { scenario: scenario.id, runs: 2, lost: 0, duplicated: 0, terminals: 2, passed: true },
      { scenario: other.id, runs: 2, lost: 2, duplicated: 0, terminals: 2, passed: false },
    ]);
    expect(toTable(tally.rows())).toContain("FAILED");
  });

  it.each([
    ["a turn without its end", [{ ...fine, terminals: 0 }]],
    ["a turn with two ends", [{ ...fine, terminals: 2 }]],
    ["no turn at all", []],
  ])("does not pass %s", (_, verdicts) => {
    const tally = createTally(SCENARIOS);
    tally.add(scenario, verdicts);
    expect(tally.rows()[0]?.passed).toBe(false);
  });

  it("has a line for what could not be run, which has not passed", () => {
    const lines = toJsonLines(createTally([scenario]).rows());
    expect(JSON.parse(lines)).toEqual({
      scenario: scenario.id,
      runs: 0,
      lost: 0,
      duplicated: 0,
      terminals: 0,
      passed: false,
    });
  });

  it("does not pass what came to no verdict", () => {
    const tally = createTally(SCENARIOS);
    tally.broke(scenario);
    expect(tally.rows()[0]).toMatchObject({ runs: 1, passed: false });
  });
});
