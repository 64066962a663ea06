/** The command line: `pnpm bench [signals|turns] [--json FILE] [--charts DIR] [--postgres] [--large] [--quick] [--rounds N]`. */
import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.ts";

export interface Options {
  suites: readonly ("signals" | "turns")[];
  /** One line per bar. */
  jsonFile: string | null;
  /** Where the charts are drawn. */
  chartsDir: string | null;
  isPostgres: boolean;
  /** Also what takes 10,000 connections. */
  isLarge: boolean;
  /** A small run while developing: its figures prove nothing. */
  isQuick: boolean;
  rounds: number;
  /** Only these workloads, by id; null: all. */
  only: readonly string[] | null;
}

export const USAGE =
  "pnpm bench [signals|turns] [--json FILE] [--charts DIR] [--postgres] [--large] [--quick] [--rounds N] [--only W1,W2]";

export function readOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const [suite, ...more] = positionals;
  if (more.length > 0 || (suite !== undefined && suite !== "signals" && suite !== "turns")) {
    throw new BenchError(`There is no suite ${JSON.stringify(positionals.join(" "))}. ${USAGE}`);
  }
  const isQuick = values.quick;
  const rounds = Number(values.rounds ?? (isQuick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 99)
    throw new BenchError("--rounds takes a number from 1 to 99.");
  return {
    suites: suite ? [suite] : ["signals", "turns"],
    jsonFile: values.json ?? null,
    chartsDir: values.charts ?? null,
    isPostgres: values.postgres,
    isLarge: values.large,
    isQuick,
    rounds,
    only: values.only?.split(",").map((id) => id.trim().toUpperCase()) ?? null,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: "string" },
        charts: { type: "string" },
        postgres: { type: "boolean", default: false },
        large: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        rounds: { type: "string" },
        only: { type: "string" },
      },
    });
  } catch (error) {
    throw new BenchError(`${error instanceof Error ? error.message : String(error)} ${USAGE}`);
  }
}
