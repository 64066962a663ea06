/** Several of a kind: hosts, turns, and everything at once; and the store below them all. */
import type { Verdict } from "../judge.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";

export const twoHosts: Scenario = {
  id: "F6",
  failure: "the operator is bounced five times between two hosts of one store, the readers move too",
  expected: "each connection has a generation of its own; the text is exact",
  async run(stage) {
    const { bed } = stage;
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    const hosts = [bed.host, bed.otherHost] as const;
    if (bed.postgres && !bed.otherHost.isUp()) await bed.otherHost.start();
    for (let blow = 1; blow <= stage.blows(6); blow += 1) {
      await stage.storedMore(operator, turn);
      const [from, to] = blow % 2 === 1 ? hosts : [hosts[1], hosts[0]];
      // The embedded store has one opener: there the one host ends before the other begins.
      if (!bed.postgres) {
        await from.end();
        await to.start();
      }
      operator.line.retarget(to.url);
      bed.hub?.retarget(to.url);
      operator.line.cut();
      // On PostgreSQL readers and operator may well be on different hosts.
      if (!bed.postgres || stage.random.chance(0.5)) {
        bed.readerProxy.retarget(to.url);
        bed.readerProxy.reset();
      }
    }
    bed.readerProxy.retarget(bed.host.url);
    return [await stage.whole(operator, turn)];
  },
};

const TURNS = 8;

export const manyTurns: Scenario = {
  id: "F10",
  failure: "eight turns at once; host, daemon and network are struck in any order",
  expected: "all eight are exact",
  async run(stage) {
    const { bed, random } = stage;
    const words = Math.floor(stage.words / 2);
    const operator = await stage.operator({ paceMs: stage.size === "short" ? 15 : 25 });
    const turns = await Promise.all(
      Array.from({ length: stage.size === "short" ? 4 : TURNS }, () => stage.turn(operator, words)),
    );
    for (let blow = 0; blow < stage.blows(6); blow += 1) {
      await stage.storedMore(operator, random.pick(turns));
      await random.pick([strikeHost, strikeDaemon, strikeNetwork])(stage, operator);
    }
    const verdicts: Verdict[] = [];
    for (const turn of turns) verdicts.push(await stage.whole(operator, turn, words));
    bed.readerProxy.heal();
    return verdicts;
  },
};

export const storeKilled: Scenario = {
  id: "F17",
  failure: "PostgreSQL is killed four times in a turn",
  expected: "host and operator wait for it and go on; the text is exact",
  needs: "postgres",
  isClusterKilled: true,
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(4); blow += 1) {
      await stage.storedMore(operator, turn);
      await stage.bed.postgres?.strike();
    }
    return [await stage.whole(operator, turn)];
  },
};

type Operator = Awaited<ReturnType<Stage["operator"]>>;

async function strikeHost({ bed }: Stage): Promise<void> {
  await bed.host.kill();
  await bed.host.start();
}

async function strikeDaemon(_: Stage, operator: Operator): Promise<void> {
  await operator.kill();
  await operator.start();
}

async function strikeNetwork({ bed }: Stage, operator: Operator): Promise<void> {
  operator.line.cut();
  bed.readerProxy.reset();
  await Promise.resolve();
}
