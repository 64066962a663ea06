/** What one run of a scenario uses: its own seed, operators and turns, which are gone when it is over. */
import type { Bed } from "./bed.ts";
import type { Verdict } from "./judge.ts";
import { makeOperator, type OperatorOptions, type OperatorUnderTest } from "./operator.ts";
import { createRandom, type Random } from "./random.ts";
import { followTurn, startTurn, undisturbedText, type TurnUnderTest } from "./turn.ts";
import { talkativeProfile } from "./talkative-profile.ts";
import { passTime, until } from "./until.ts";

/** `short`: two blows and a turn of seconds, for every test run. `long`: as many as the failure matrix names. */
export type Size = "short" | "long";

export interface Stage {
  readonly bed: Bed;
  readonly random: Random;
  readonly size: Size;
  /** As many blows as `long`, or two. */
  blows(long: number): number;
  /** A started operator. */
  operator(options?: Partial<Pick<OperatorOptions, "paceMs" | "identity">>): Promise<OperatorUnderTest>;
  turn(operator: OperatorUnderTest, words?: number): Promise<TurnUnderTest>;
  /** A turn that somebody else has started. */
  follow(operator: OperatorUnderTest, turnId: string): TurnUnderTest;
  /** Waits for the end on both sides, and compares: the turn is whole, as if nothing had happened. */
  whole(operator: OperatorUnderTest, turn: TurnUnderTest, words?: number): Promise<Verdict>;
  /** Waits until the host has stored some more of the turn, a random number of entries, or all of it; then a random moment. */
  storedMore(operator: OperatorUnderTest, turn: TurnUnderTest, most?: number): Promise<void>;
  /** Waits until the agent has said some more, a random number of entries, or all of it. */
  saidMore(operator: OperatorUnderTest, turn: TurnUnderTest, least: number, most: number): Promise<void>;
  readonly words: number;
  close(): Promise<void>;
}

/** An agent at this pace says some eighty words a second: as fast as models stream. */
const PACE_MS = 10;

/** Longer than the host gathers appends for one commit: a blow falls before, in or behind it. */
const MOMENT_MS = 50;

const texts = new WeakMap<Bed, Map<number, Promise<string>>>();

export function createStage(options: { bed: Bed; seed: number; size: Size }): Stage {
  const { bed, seed, size } = options;
  const random = createRandom(seed);
  const made = new AsyncDisposableStack();
  const words = size === "short" ? 250 : 1_200;

  const keep = (turn: TurnUnderTest): TurnUnderTest => {
    made.defer(() => turn.close());
    return turn;
  };
  return {
    bed,
    random,
    size,
    words,
    blows: (long) => (size === "short" ? Math.min(2, long) : long),
    async operator({ paceMs = PACE_MS, ...rest } = {}) {
      const operator = await makeOperator({ bed, random, paceMs, profile: talkativeProfile(paceMs), ...rest });
      made.defer(() => operator.close());
      await operator.start();
      return operator;
    },
    turn: async (operator, count = words) => keep(await startTurn(bed, operator, count)),
    follow: (operator, turnId) => keep(followTurn(bed, operator, turnId)),
    async whole(operator, turn, count = words) {
      await turn.finished();
      await until(`turn ${turn.turnId} is settled beside its operator`, () => operator.isSettled(turn.turnId));
      return turn.verdict({ outcome: "completed", endedBy: "operator", text: await textOf(bed, count) });
    },
    async storedMore(operator, { turnId }, most = 120) {
      const goal = operator.line.ackedSeq(turnId) + random.between(1, most);
      await until(`the host has entry ${goal} of turn ${turnId}`, () => {
        const acked = operator.line.ackedSeq(turnId);
        return acked >= goal || (operator.hasEnded(turnId) && acked >= operator.spoolLength(turnId));
      });
      await passTime(random.between(0, MOMENT_MS));
    },
    async saidMore(operator, { turnId }, least, most) {
      const goal = operator.spoolLength(turnId) + random.between(least, most);
      await until(
        `the agent has said entry ${goal} of turn ${turnId}`,
        () => operator.spoolLength(turnId) >= goal || operator.hasEnded(turnId),
      );
    },
    close: () => made.disposeAsync(),
  };
}

/** Asked for once per bed and length, from an operator that nothing happens to. */
function textOf(bed: Bed, words: number): Promise<string> {
  const known = texts.get(bed) ?? new Map<number, Promise<string>>();
  texts.set(bed, known);
  const asked = known.get(words) ?? askText(bed, words);
  known.set(words, asked);
  asked.catch(() => known.delete(words));
  return asked;
}

async function askText(bed: Bed, words: number): Promise<string> {
  const operator = await makeOperator({ bed, random: createRandom(1), paceMs: 0, doubleShare: 0 });
  try {
    await operator.start();
    return await undisturbedText(bed, operator, words);
  } finally {
    await operator.close();
  }
}
