import type { Verdict } from "./judge.ts";
import type { LinkName } from "./options.ts";
import type { Stage } from "./stage.ts";

/** A row of the failure matrix. */
export interface Scenario {
  id: string;
  /** What fails, as the matrix says it. */
  failure: string;
  /** What must come out. */
  expected: string;
  /** `postgres`: the embedded store has nothing that it could happen to. `pubsub`: it strikes what stands in that link. */
  needs?: "postgres" | "pubsub";
  /** It waits for a lease of a minute and kills no host: several of them are run at the same time. */
  isSlow?: boolean;
  /** It holds its host up for longer than that minute: it is run by itself, and in the long form alone. */
  isHostHeldUp?: boolean;
  /** Its store has to be killable: it gets a bed of its own. */
  isClusterKilled?: boolean;
  /** A verdict for each turn. Throws a ChaosError for what else must be, and is not. */
  run(stage: Stage): Promise<Verdict[]>;
}

/** Whether this store and this link have what it strikes. */
export function isThere({ needs }: Scenario, { isPostgres, link }: { isPostgres: boolean; link: LinkName }): boolean {
  return needs === undefined || (needs === "postgres" ? isPostgres : link === "pubsub");
}

/** A lease, the reaper's tick, and what a busy machine adds. */
export const LEASE_LIMIT_MS = 180_000;

/** For what a scenario checks beside its turns. */
export function withFault(verdict: Verdict, isWrong: boolean, fault: string): Verdict {
  return isWrong ? { ...verdict, faults: [...verdict.faults, fault] } : verdict;
}
