/** The command line of `pnpm chaos`: see `USAGE`. */
import { parseArgs } from "node:util";
import { ChaosError } from "./chaos-error.ts";
import type { Size } from "./stage.ts";

/** The operators' way to their hosts: straight, or by way of a Web PubSub service. */
export type LinkName = "websocket" | "pubsub";

export interface Options {
  /** How long rounds are begun; null: one round. */
  minutes: number | null;
  isPostgres: boolean;
  link: LinkName;
  /** Ids; null: all. */
  scenarios: readonly string[] | null;
  /** Of the first round; each further one has the next. */
  seed: number;
  size: Size;
  /** One line per scenario. */
  jsonFile: string | null;
}

const USAGE =
  "pnpm chaos [--minutes N] [--postgres] [--link websocket|pubsub] [--scenario F1,F2] [--seed N] [--short] [--json FILE]";

/** `newSeed`: for a run that is given none. */
export function readOptions(args: string[], newSeed: () => number): Options {
  const { values } = parse(args);
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0 && minutes <= 1_440))
    throw new ChaosError("--minutes takes a number up to 1440.");
  const seed = values.seed === undefined ? newSeed() : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xff_ff_ff_ff) throw new ChaosError("--seed takes a whole number.");
  const { link } = values;
  if (link !== "websocket" && link !== "pubsub") throw new ChaosError("--link takes websocket or pubsub.");
  return {
    minutes,
    isPostgres: values.postgres,
    link,
    scenarios: values.scenario?.split(",").map((id) => id.trim().toUpperCase()) ?? null,
    seed,
    size: values.short ? "short" : "long",
    jsonFile: values.json ?? null,
  };
}

/** The line that repeats one run of one scenario. */
export function repeatLine({ isPostgres, link, size }: Options, scenario: string, seed: number): string {
  const more = [isPostgres && " --postgres", link === "pubsub" && " --link pubsub", size === "short" && " --short"];
  return `pnpm chaos --scenario ${scenario} --seed ${seed}${more.filter(Boolean).join("")}`;
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        minutes: { type: "string" },
        postgres: { type: "boolean", default: false },
        link: { type: "string", default: "websocket" },
        scenario: { type: "string" },
        seed: { type: "string" },
        short: { type: "boolean", default: false },
        json: { type: "string" },
      },
    });
  } catch (error) {
    throw new ChaosError(`${error instanceof Error ? error.message : String(error)} ${USAGE}`);
  }
}
