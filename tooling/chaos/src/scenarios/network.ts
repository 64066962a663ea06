/** The network between operator, host and readers. */
import { ChaosError } from "../chaos-error.ts";
import { withFault, type Scenario } from "../scenario.ts";
import { until } from "../until.ts";

export const networkCut: Scenario = {
  id: "F2",
  failure: "the network is cut eight times, before the operator, before the readers or both",
  expected: "the operator goes on from what is stored, the readers from what they have; the text is exact",
  async run(stage) {
    const { bed, random } = stage;
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(8); blow += 1) {
      await stage.storedMore(operator, turn);
      const isOperatorCut = random.chance(0.7);
      const isReaderCut = !isOperatorCut || random.chance(0.5);
      const isLong = random.chance(0.4);
      if (isReaderCut && isLong) bed.readerProxy.set({ refuse: true });
      if (isReaderCut) bed.readerProxy.reset();
      if (isOperatorCut && isLong) operator.line.down();
      else if (isOperatorCut) operator.line.cut();
      if (isLong) await stage.saidMore(operator, turn, 10, 80);
      operator.line.mend();
      bed.readerProxy.heal();
    }
    const verdict = await stage.whole(operator, turn);
    return [withFault(verdict, operator.line.counts().doubledAnswered === 0, "no batch reached a host twice")];
  },
};

/** What no WebSocket sends (RFC 6455, 5.2): reserved bits, a frame of 256 MiB, an unmasked frame, noise. */
const NOISE: readonly Buffer[] = [
  Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
  Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from([0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f]),
  Buffer.from("GET / HTTP/1.1\r\n\r\n".repeat(50)),
];

export const noise: Scenario = {
  id: "F12",
  failure: "bytes that are no message come over the operator's connection",
  expected: "the host closes that connection alone; the operator dials again; the text is exact",
  async run(stage) {
    const operator = await stage.operator();
    const bystander = await stage.operator();
    const turn = await stage.turn(operator);
    const before = bystander.line.counts().connections;
    for (let blow = 0; blow < stage.blows(5); blow += 1) {
      await stage.storedMore(operator, turn);
      const connections = operator.line.counts().connections;
      if (!operator.line.inject(stage.random.pick(NOISE))) throw new ChaosError("There was no connection to disturb.");
      await until("the host has closed the connection", () => operator.line.counts().connections > connections);
    }
    const verdict = await stage.whole(operator, turn);
    return [withFault(verdict, bystander.line.counts().connections !== before, "another operator was cut off")];
  },
};

export const hubKilled: Scenario = {
  id: "F18",
  failure: "the service of the second link is killed four times, and forgets its connections",
  expected: "the operator asks its host for a new way in, and goes on from what is stored; the text is exact",
  needs: "pubsub",
  async run(stage) {
    const operator = await stage.operator();
    const turn = await stage.turn(operator);
    for (let blow = 0; blow < stage.blows(4); blow += 1) {
      await stage.storedMore(operator, turn);
      await stage.bed.hub?.kill();
      await stage.bed.hub?.start();
    }
    return [await stage.whole(operator, turn)];
  },
};
