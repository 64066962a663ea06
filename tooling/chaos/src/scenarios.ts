/** The failure matrix, row by row. */
import type { Scenario } from "./scenario.ts";
import { lateBeyondLease, stoppedWhileAway, tokenRevoked } from "./scenarios/ends.ts";
import { commandTwice, hostAsleep, hostAway, hostKilled, killedBeforeAnswer } from "./scenarios/host-dies.ts";
import { hubKilled, networkCut, noise } from "./scenarios/network.ts";
import { clonedOperator, daemonKilled, diskLost, lateOperator, runnerKilled } from "./scenarios/operator-dies.ts";
import { manyTurns, storeKilled, twoHosts } from "./scenarios/several.ts";

export const SCENARIOS: readonly Scenario[] = [
  hostKilled,
  networkCut,
  daemonKilled,
  runnerKilled,
  hostAway,
  twoHosts,
  clonedOperator,
  lateOperator,
  commandTwice,
  manyTurns,
  killedBeforeAnswer,
  noise,
  diskLost,
  stoppedWhileAway,
  lateBeyondLease,
  tokenRevoked,
  storeKilled,
  hubKilled,
  hostAsleep,
];
