/** Turns that the host ends while their operator is away, late or no longer trusted. */
import { ChaosError } from "../chaos-error.ts";
import { LEASE_LIMIT_MS, withFault, type Scenario } from "../scenario.ts";
import { readStore } from "../turn.ts";
import { until } from "../until.ts";

export const stoppedWhileAway: Scenario = {
  id: "F14",
  failure: "a person stops the turn while its operator is cut off",
  expected: "one turn-end, cancelled, by the host; what the operator brings later is answered closed; its runner ends",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    operator.line.down();
    await until("the host has noticed", async () => {
      const { status } = await operator.workspace.client.operator.get.query({ id: operator.id });
      return status === "offline";
    });
    await stage.saidMore(operator, turn, 10, 60);
    await operator.workspace.client.turn.stop.mutate({ turnId: turn.turnId });
    operator.line.mend();
    await turn.finished();
    await until("the operator knows that the turn is closed", () => operator.isSettled(turn.turnId));
    await until("its runner has ended", () => !operator.isRunnerAlive(turn.turnId));
    return [await turn.verdict({ outcome: "cancelled", endedBy: "host", text: null })];
  },
};

export const lateBeyondLease: Scenario = {
  id: "F15",
  failure: "the operator is stopped for longer than a lease, and goes on",
  expected: "one turn-end, failed with operator-lost; what the operator brings later changes nothing",
  isSlow: true,
  async run(stage) {
    const operator = await stage.operator({ paceMs: 40 });
    const turn = await stage.turn(operator, 6_000);
    await stage.storedMore(operator, turn);
    operator.signal("SIGSTOP");
    await turn.finished(LEASE_LIMIT_MS);
    const before = await readStore(stage.bed, operator, turn.turnId);
    operator.signal("SIGCONT");
    await until("the operator knows that the turn is closed", () => operator.isSettled(turn.turnId));
    await until("its runner has ended", () => !operator.isRunnerAlive(turn.turnId));
    const verdict = await turn.verdict({ outcome: "failed", errorCode: "operator-lost", endedBy: "host", text: null });
    const after = await readStore(stage.bed, operator, turn.turnId);
    return [withFault(verdict, after.length !== before.length, "the log went on behind its end")];
  },
};

/** The promise for a revocation; its opposite would be the heartbeat's 20 s. */
const REVOKED_WITHIN_MS = 5_000;

export const tokenRevoked: Scenario = {
  id: "F16",
  failure: "the operator's token is revoked in the middle of a turn",
  expected:
    "its connection is closed within five seconds and the daemon ends; nothing of it is stored any more; one turn-end",
  isSlow: true,
  async run(stage) {
    const operator = await stage.operator({ paceMs: 20 });
    const turn = await stage.turn(operator, 3_000);
    await stage.storedMore(operator, turn);
    await stage.bed.administer("operator", "revoke", "--operator", operator.id);
    const stored = (await readStore(stage.bed, operator, turn.turnId)).length;
    await until("the revoked operator's connection is closed", () => !operator.line.isConnected(), {
      limitMs: REVOKED_WITHIN_MS,
    });
    const { code } = await operator.exited();
    if (code !== 1) throw new ChaosError(`The revoked daemon ended with ${code}.`);
    await turn.finished(LEASE_LIMIT_MS);
    const verdict = await turn.verdict(
      { outcome: "failed", errorCode: "operator-lost", endedBy: "host", text: null },
      true,
    );
    const { length } = await readStore(stage.bed, operator, turn.turnId);
    return [withFault(verdict, length - 1 > stored, `${length - 1 - stored} entries were stored after the revocation`)];
  },
};
