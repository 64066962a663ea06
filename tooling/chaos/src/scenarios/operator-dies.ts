/** The operator's processes are killed, doubled, late or gone for good. */
import { LEASE_LIMIT_MS, withFault, type Scenario } from "../scenario.ts";
import { readStore } from "../turn.ts";
import { until } from "../until.ts";

export const daemonKilled: Scenario = {
  id: "F3",
  failure: "the operator's daemon is killed five times",
  expected: "the runner goes on, and the next daemon adopts it; the text is exact",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    const runner = operator.runnerPid(turn.turnId);
    for (let blow = 0; blow < stage.blows(5); blow += 1) {
      await operator.kill();
      await stage.saidMore(operator, turn, 5, 80);
      await operator.start();
      await stage.storedMore(operator, turn);
    }
    const verdict = await stage.whole(operator, turn);
    return [withFault(verdict, operator.runnerPid(turn.turnId) !== runner, "the turn got another runner")];
  },
};

export const runnerKilled: Scenario = {
  id: "F4",
  failure: "the runner is killed in the middle of a line",
  expected: "one turn-end, failed with runner-died; what was said is kept",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    // The daemon must not look between the blow and the torn line.
    operator.signal("SIGSTOP");
    operator.killRunner(turn.turnId);
    await until("the runner is gone", () => !operator.isRunnerAlive(turn.turnId));
    operator.tearSpool(turn.turnId);
    operator.signal("SIGCONT");
    await turn.finished();
    await until("the turn is settled", () => operator.isSettled(turn.turnId));
    return [await turn.verdict({ outcome: "failed", errorCode: "runner-died", endedBy: "operator", text: null })];
  },
};

export const clonedOperator: Scenario = {
  id: "F7",
  failure: "a second operator comes with the same token",
  expected: "the older one is fenced and ends; started again, it fences the second and brings its turn home",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(3); blow += 1) {
      await stage.storedMore(operator, turn);
      const clone = await stage.operator({ identity: operator });
      const older = await operator.exited();
      await operator.start();
      const second = await clone.exited();
      if (older.code === 1 && second.code === 1) continue;
      const verdict = await stage.whole(operator, turn);
      return [withFault(verdict, true, `the fenced ended with ${older.code} and ${second.code}, not with 1`)];
    }
    return [await stage.whole(operator, turn)];
  },
};

export const lateOperator: Scenario = {
  id: "F8",
  failure: "the operator is stopped for half of the turn (SIGSTOP), and goes on",
  expected: "it resumes; the text is exact",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    operator.signal("SIGSTOP");
    await stage.saidMore(operator, turn, stage.words / 4, stage.words);
    operator.signal("SIGCONT");
    return [await stage.whole(operator, turn)];
  },
};

export const diskLost: Scenario = {
  id: "F13",
  failure: "the operator is killed and its disk is lost",
  expected: "one turn-end, failed with operator-lost after a lease; what was stored is kept",
  isSlow: true,
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    const acked = operator.line.ackedSeq(turn.turnId);
    await operator.loseDisk();
    await operator.start();
    await turn.finished(LEASE_LIMIT_MS);
    const verdict = await turn.verdict(
      { outcome: "failed", errorCode: "operator-lost", endedBy: "host", text: null },
      true,
    );
    const { length } = await readStore(stage.bed, operator, turn.turnId);
    return [withFault(verdict, length - 1 < acked, `${acked} entries were acknowledged, ${length - 1} are there`)];
  },
};
