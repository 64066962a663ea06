/** W8: kill -9 of the streaming host while turns speak, a new start, and the time until every reader is whole again. */
import { createSignalboxClient } from "@signalbox/client/create-client";
import { setTimeout as pause } from "node:timers/promises";
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import type { Product } from "../product.ts";
import { quantile, type Figures } from "../statistics.ts";
import { limitBar, type WorkloadResult } from "../workload-result.ts";
import { withTurnBed, type TurnBed } from "./turn-bed.ts";

export const restart: Workload = { id: "W8", run };

const PER_SECOND = 50;
/** The operator speaks until well after everybody is back. */
const SECONDS = 40;
const WHOLE_WITHIN_MS = 30_000;

interface Reader {
  /** The last entry that came; each was one more than the one before. */
  readonly seq: number;
  readonly breaks: number;
  /** When the first frame came after this instant of `performance.now()`; null: none yet. */
  firstAfter(instant: number): number | null;
  stop(): void;
}

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const turns = bench.options.isQuick ? 5 : 20;
  return withTurnBed(bench, async (bed) => {
    const rows = await interleave(bench, [{ side: OURS, measure: () => measure(bed, turns, bench.ending) }]);
    const ours = (name: string) => figureOf(rows, OURS, name);
    return {
      id: "W8",
      title: `kill -9 of the host under ${turns} turns of ${PER_SECOND} entries/s`,
      columns: [
        { key: "downMs", label: "down ms", digits: 0 },
        { key: "firstMs", label: "first byte ms", digits: 0 },
        { key: "wholeP50", label: "whole p50 ms", digits: 0 },
        { key: "wholeP95", label: "whole p95 ms", digits: 0 },
        { key: "breaks", label: "gaps and repeats", digits: 0 },
      ],
      rows,
      notes: [
        "Times count from the moment at which the new host listens. Readers are typed clients: their back-off is in the figures, and there is no page that would poll.",
        "Whole: the reader has every entry that its operator had spooled when the host listened.",
      ],
      chart: { key: "wholeP95", title: "After kill -9: every reader whole again, p95", unit: "ms" },
      bars: [
        limitBar({
          bar: "B9",
          workload: "W8",
          what: "whole again after kill -9, p95",
          ours: ours("wholeP95"),
          most: 5_000,
          unit: "ms",
          also: [
            { what: "first replayed byte", ours: ours("firstMs"), limit: 2_000, unit: "ms" },
            { what: "gaps and repeats", ours: ours("breaks"), limit: 0, unit: "" },
          ],
        }),
      ],
    };
  });
}

async function measure(bed: TurnBed, turns: number, ending: AbortSignal): Promise<Figures> {
  const { product, operator } = bed;
  const turnIds = await bed.startTurns(turns);
  const readers = turnIds.map((turnId) => readTurn(product, turnId));
  let isSpeaking = true;
  const spoken = new Map<string, number>();
  const speaking = speak();
  async function speak(): Promise<void> {
    for (let index = 0; isSpeaking && index < SECONDS * PER_SECOND; index += 1) {
      for (const turnId of turnIds) {
        spoken.set(turnId, operator.say(turnId, { kind: "text-delta", role: "assistant", text: `${index} ` }));
      }
      await pause(1_000 / PER_SECOND);
    }
  }
  try {
    await until(ending, () => readers.every(({ seq }) => seq > PER_SECOND));
    const killedAt = performance.now();
    await product.kill();
    await product.start();
    const listensAt = performance.now();
    const owed = turnIds.map((turnId) => spoken.get(turnId) ?? 0);
    const wholeAt = readers.map(() => Number.NaN);
    await until(ending, () => {
      for (const [index, reader] of readers.entries()) {
        if (Number.isNaN(wholeAt[index]) && reader.seq >= (owed[index] ?? 0)) wholeAt[index] = performance.now();
      }
      return wholeAt.every((at) => !Number.isNaN(at));
    });
    const whole = wholeAt.map((at) => at - listensAt);
    const first = Math.min(...readers.map((reader) => (reader.firstAfter(listensAt) ?? Number.NaN) - listensAt));
    return {
      downMs: listensAt - killedAt,
      firstMs: first,
      wholeP50: quantile(whole, 0.5),
      wholeP95: quantile(whole, 0.95),
      breaks: readers.reduce((sum, { breaks }) => sum + breaks, 0),
    };
  } finally {
    isSpeaking = false;
    await speaking;
    for (const reader of readers) reader.stop();
    await bed.endTurns(turnIds);
  }
}

async function until(ending: AbortSignal, isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + WHOLE_WITHIN_MS;
  while (!isDone()) {
    if (ending.aborted || performance.now() > deadline) throw new Error("The readers were not whole in time.");
    await pause(5);
  }
}

function readTurn(product: Product, turnId: string): Reader {
  let seq = 0;
  let breaks = 0;
  const arrivals: number[] = [];
  const client = createSignalboxClient({ url: product.url, apiKey: product.key });
  const subscription = client.turn.subscribe(
    { turnId },
    {
      onData({ data: frame }) {
        arrivals.push(performance.now());
        if (frame.type !== "entries") return;
        if (frame.first !== seq + 1) breaks += 1;
        seq = frame.last;
      },
    },
  );
  return {
    get seq() {
      return seq;
    },
    get breaks() {
      return breaks;
    },
    firstAfter: (instant) => arrivals.find((at) => at >= instant) ?? null,
    stop: () => subscription.unsubscribe(),
  };
}
