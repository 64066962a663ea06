/** The product with an operator of the bench's, and turns that it speaks in. */
import { z } from "zod";
import { createApi, createPlans, type Api, type Call, type Plan } from "../api.ts";
import type { BenchRun } from "../bench-run.ts";
import { entryText, onSchedule } from "../peers/schedule.ts";
import { startProduct, type Product } from "../product.ts";
import { BENCH_PROFILE, startBenchOperator, type BenchOperator } from "./bench-operator.ts";

export interface TurnBed {
  product: Product;
  operator: BenchOperator;
  /** Starts turns, each in a chat of its own; resolves when the operator was told of all. */
  startTurns(count: number): Promise<string[]>;
  /**
   * Each turn says so many entries a second, each with its number and the time at which it was said. Answers with the
   * seconds until the host had acknowledged all of them.
   */
  speak(turnIds: readonly string[], options: { count: number; perSecond: number }): Promise<number>;
  /** Ends turns; resolves when the host has all of them. */
  endTurns(turnIds: readonly string[]): Promise<void>;
}

export async function withTurnBed<T>({ options, ending }: BenchRun, run: (bed: TurnBed) => Promise<T>): Promise<T> {
  const product = await startProduct(options);
  try {
    const operator = await startBenchOperator(product, ending);
    try {
      return await run(createTurnBed(product, operator));
    } finally {
      await operator.stop();
    }
  } finally {
    await product.stop();
  }
}

const Chat = z.object({ id: z.string() });
const Started = z.object({ turnId: z.string() });

function createTurnBed(product: Product, operator: BenchOperator): TurnBed {
  const api = createApi(product);
  let plans: Plan[] = [];
  return {
    product,
    operator,
    async startTurns(count) {
      // A plan has as many chats as it is asked for: few plans carry all turns.
      if (plans.length === 0) plans = await createPlans(api, product, 10);
      const chats = await inBatches(api, count, (index) => [
        "chat.create",
        { planId: plans[index % plans.length]?.id },
      ]);
      const chatIds = z.array(Chat).parse(chats);
      const started = await inBatches(api, count, (index) => [
        "turn.start",
        { chatId: chatIds[index]?.id, prompt: "Speak.", profileId: BENCH_PROFILE },
      ]);
      const turnIds = z
        .array(Started)
        .parse(started)
        .map(({ turnId }) => turnId);
      await Promise.all(turnIds.map((turnId) => operator.commanded(turnId)));
      for (const turnId of turnIds) {
        operator.say(turnId, { kind: "turn-start", agent: { profileId: BENCH_PROFILE, isDemo: true } });
      }
      await operator.acknowledged(turnIds);
      return turnIds;
    },
    async speak(turnIds, { count, perSecond }) {
      const startedAt = performance.now();
      const said = new Map<string, number>();
      await onSchedule({
        count: count * turnIds.length,
        perSecond: perSecond * turnIds.length,
        each(index) {
          const turnId = turnIds[index % turnIds.length] ?? "";
          const number = (said.get(turnId) ?? 0) + 1;
          said.set(turnId, number);
          operator.say(turnId, { kind: "text-delta", role: "assistant", text: entryText(number) });
        },
      });
      await operator.acknowledged(turnIds);
      return (performance.now() - startedAt) / 1_000;
    },
    async endTurns(turnIds) {
      for (const turnId of turnIds) operator.say(turnId, { kind: "turn-end", outcome: "completed" });
      await operator.acknowledged(turnIds);
    },
  };
}

const BATCH = 10;

async function inBatches(api: Api, count: number, callOf: (index: number) => Call): Promise<unknown[]> {
  const answers: unknown[] = [];
  while (answers.length < count) {
    const first = answers.length;
    const calls = Array.from({ length: Math.min(BATCH, count - first) }, (_, index) => callOf(first + index));
    answers.push(...(await api.mutateBatch(calls)));
  }
  return answers;
}
