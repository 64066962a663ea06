/** The host is killed or sleeps: in a turn, for the rest of it, around a command, and between a commit and its answer. */
import { OPERATOR_LEASE_MS } from "@signalbox/catalog/timing";
import { ChaosError } from "../chaos-error.ts";
import { withFault, type Scenario } from "../scenario.ts";
import { askFor, makeChat } from "../turn.ts";
import { passTime, until } from "../until.ts";

export const hostKilled: Scenario = {
  id: "F1",
  failure: "the host is killed six times in a turn",
  expected: "the operator goes on from what is stored; the text is exact",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(6); blow += 1) {
      await stage.storedMore(operator, turn);
      await stage.bed.host.kill();
      await stage.bed.host.start();
    }
    return [await stage.whole(operator, turn)];
  },
};

export const hostAway: Scenario = {
  id: "F5",
  failure: "the host is down for the whole rest of the turn",
  expected: "the agent ends without it, and all of it is stored on the host's return",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    await stage.bed.host.kill();
    await until(`the agent has ended turn ${turn.turnId}`, () => operator.hasEnded(turn.turnId));
    const isUnsettled = !operator.isSettled(turn.turnId);
    await stage.bed.host.start();
    const verdict = await stage.whole(operator, turn);
    return [withFault(verdict, !isUnsettled && stage.bed.host.isUp(), "it was settled without a host")];
  },
};

export const commandTwice: Scenario = {
  id: "F9",
  failure: "a command is delivered again, and the host is killed around its enqueueing",
  expected: "the turn is started once",
  async run(stage) {
    const operator = await stage.operator();
    const { bed, random } = stage;
    const { client, id: workspaceId } = operator.workspace;
    const chatId = await makeChat(operator.workspace);
    // The reply to the start is lost with its connection: the start comes again.
    const lost = operator.line.loseNextReply();
    const asked = client.turn.start.mutate({ chatId, ...askFor(operator, stage.words) }).catch(() => null);
    if (random.chance(0.5)) await lost;
    else await passTime(random.between(0, 40));
    await bed.host.kill();
    await asked;
    await bed.host.start();
    const runs = await client.run.list.query({ workspaceId });
    const queued = runs.find((run) => run.chatId === chatId)?.turnId;
    // Killed before the commit: nothing was started, and it can be asked for again.
    const turnId = queued ?? (await client.turn.start.mutate({ chatId, ...askFor(operator, stage.words) })).turnId;
    const turn = stage.follow(operator, turnId);
    const verdict = await stage.whole(operator, turn);
    const starts = operator.spool(turnId).filter((entry) => entry.kind === "turn-start").length;
    const brought = operator.line.startsBrought(turnId);
    if (brought < 1) throw new ChaosError(`The start of turn ${turnId} was never seen on the line.`);
    return [withFault(verdict, starts !== 1, `the turn began ${starts} times`)];
  },
};

export const killedBeforeAnswer: Scenario = {
  id: "F11",
  failure: "the host is killed behind a commit, before its answer",
  expected: "the operator sends the batch again; nothing is stored twice",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(4); blow += 1) {
      await stage.storedMore(operator, turn);
      if (operator.isSettled(turn.turnId)) break;
      await Promise.race([
        operator.line.withholdNextAck(),
        until("the turn is settled", () => operator.isSettled(turn.turnId)),
      ]);
      await stage.bed.host.kill();
      await stage.bed.host.start();
    }
    return [await stage.whole(operator, turn)];
  },
};

export const hostAsleep: Scenario = {
  id: "F19",
  failure: "the host is stopped for longer than a lease (SIGSTOP), and goes on",
  expected: "no turn fails for it: time without a host does not count; the text is exact",
  isHostHeldUp: true,
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    await stage.storedMore(operator, turn);
    await stage.bed.host.suspend(OPERATOR_LEASE_MS * 1.25);
    return [await stage.whole(operator, turn)];
  },
};
