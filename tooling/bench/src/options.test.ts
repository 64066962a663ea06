import { describe, expect, it } from "vitest";
import { BenchError } from "./bench-error.ts";
import { readOptions } from "./options.ts";

describe("the command line", () => {
  it("runs both suites on the embedded store when it is empty", () => {
    expect(readOptions([])).toEqual({
      suites: ["signals", "turns"],
      jsonFile: null,
      chartsDir: null,
      isPostgres: false,
      isLarge: false,
      isQuick: false,
      rounds: 3,
      only: null,
    });
  });

  it("takes a suite, files and workloads", () => {
    const options = readOptions([
      "signals",
      "--json",
      "out.jsonl",
      "--charts",
      "docs",
      "--postgres",
      "--only",
      "w1,W2",
    ]);
    expect(options).toMatchObject({ suites: ["signals"], jsonFile: "out.jsonl", chartsDir: "docs", isPostgres: true });
    expect(options.only).toEqual(["W1", "W2"]);
  });

  it.each([["other"], ["signals", "turns"], ["--rounds", "0"], ["--no-such"]])(
    "refuses %s %s with one line",
    (...args) => {
      expect(() => readOptions(args)).toThrow(BenchError);
    },
  );
});
