/** What came of each scenario over all its runs. A run is one turn that went through it. */
import type { Verdict } from "./judge.ts";
import type { Scenario } from "./scenario.ts";

export interface TallyRow {
  scenario: string;
  failure: string;
  runs: number;
  lost: number;
  duplicated: number;
  /** Turn-ends that the stores hold: one for each run. */
  terminals: number;
  passed: boolean;
}

export interface Tally {
  add(scenario: Scenario, verdicts: readonly Verdict[]): void;
  /** It came to no verdict. */
  broke(scenario: Scenario): void;
  /** One for each scenario, in the matrix's order. One that never ran has no runs, and has not passed. */
  rows(): TallyRow[];
}

export function createTally(scenarios: readonly Scenario[]): Tally {
  const rows = new Map<string, TallyRow>();
  const nothing = ({ id, failure }: Scenario): TallyRow => ({
    scenario: id,
    failure,
    runs: 0,
    lost: 0,
    duplicated: 0,
    terminals: 0,
    passed: false,
  });
  const rowOf = (scenario: Scenario): TallyRow => {
    const row = rows.get(scenario.id) ?? { ...nothing(scenario), passed: true };
    rows.set(scenario.id, row);
    return row;
  };
  return {
    add(scenario, verdicts) {
      const row = rowOf(scenario);
      for (const { lost, duplicated, terminals, faults } of verdicts) {
        row.runs += 1;
        row.lost += lost;
        row.duplicated += duplicated;
        row.terminals += terminals;
        if (faults.length > 0 || lost > 0 || duplicated > 0 || terminals !== 1) row.passed = false;
      }
      // No turn is no proof.
      if (verdicts.length === 0) row.passed = false;
    },
    broke(scenario) {
      const row = rowOf(scenario);
      row.runs += 1;
      row.passed = false;
    },
    rows: () => scenarios.map((scenario) => rows.get(scenario.id) ?? nothing(scenario)),
  };
}

/** For scripts: one line per scenario. */
export function toJsonLines(rows: readonly TallyRow[]): string {
  return rows
    .map(({ scenario, runs, lost, duplicated, terminals, passed }) =>
      JSON.stringify({ scenario, runs, lost, duplicated, terminals, passed }),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** For people and for the documentation. */
export function toTable(rows: readonly TallyRow[]): string {
  const lines = rows.map(
    ({ scenario, failure, runs, lost, duplicated, terminals, passed }) =>
      `| ${scenario} | ${failure} | ${runs} | ${lost} | ${duplicated} | ${terminals} | ${passed ? "passed" : runs === 0 ? "NOT RUN" : "FAILED"} |`,
  );
  return [
    "| | failure | runs | lost | duplicated | turn-ends | |",
    "| --- | --- | --: | --: | --: | --: | --- |",
    ...lines,
  ].join("\n");
}
