/** W6: a turn of 10,000 entries read again, from its start and from its middle: by the next viewer, and by the first after a restart. */
import { figureOf, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { say } from "../progress.ts";
import { load, replay, type StreamTarget } from "../sseload.ts";
import { median, type Figures } from "../statistics.ts";
import { limitBar, type WorkloadResult } from "../workload-result.ts";
import { RESUMABLE, withResumable } from "./resumable-peer.ts";
import { withTurnBed, type TurnBed } from "./turn-bed.ts";

export const replayed: Workload = { id: "W6", run };

const ENTRIES = 10_000;
/** Spoken as fast as the host acknowledges. */
const AT_ONCE = 1e9;

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const { isQuick, isPostgres } = bench.options;
  const rows: { side: string; figures: Figures }[] = [];
  await withTurnBed(bench, async (bed) => {
    const coldTurns = isQuick ? 2 : 5;
    const turnIds = await bed.startTurns(2 * coldTurns + 1);
    await bed.speak(turnIds, { count: ENTRIES, perSecond: AT_ONCE });
    const [first = "", ...others] = turnIds;
    const cold = {
      start: await firstReads(bench, bed, { warmUp: first, turnIds: others.slice(0, coldTurns), after: 0 }),
      middle: await firstReads(bench, bed, { warmUp: first, turnIds: others.slice(coldTurns), after: ENTRIES / 2 }),
    };
    const warm = await warmReads(bench, bed, first);
    rows.push({
      side: OURS,
      figures: { warmStart: warm.start, warmMiddle: warm.middle, coldStart: cold.start, coldMiddle: cold.middle },
    });
    say(`  ${JSON.stringify(rows[0]?.figures)}`);
  });
  const notes = [
    "Each figure is the time from the connect to the last entry; the turn is still running, as for a viewer that joins late.",
    "Warm: another viewer has the turn open. Cold: the first read of that turn after a restart of the host, whose replay code has run before.",
  ];
  const resumable = await withResumable(ENTRIES, (peer) => measureRounds(bench, { urls: [peer.url] }, peer.pid));
  if (resumable === null) notes.push(`${RESUMABLE} was not measured: there is no redis-server on this machine.`);
  else rows.push({ side: RESUMABLE, figures: { warmStart: resumable } });

  const ours = (name: string) => figureOf(rows, OURS, name);
  const [coldStart, coldMiddle] = isPostgres ? [15, 8] : [60, 30];
  return {
    id: "W6",
    title: `replay of a turn of ${ENTRIES} entries`,
    columns: [
      { key: "warmStart", label: "warm, start, ms", digits: 1 },
      { key: "warmMiddle", label: "warm, middle, ms", digits: 1 },
      { key: "coldStart", label: "cold, start, ms", digits: 1 },
      { key: "coldMiddle", label: "cold, middle, ms", digits: 1 },
    ],
    rows,
    notes,
    chart: { key: "warmStart", title: `Replay of ${ENTRIES} entries from the start, warm`, unit: "ms" },
    bars: [
      limitBar({
        bar: "B7",
        workload: "W6",
        what: "warm replay, from the start",
        ours: ours("warmStart"),
        most: 5,
        unit: "ms",
        also: [
          { what: "warm, from the middle", ours: ours("warmMiddle"), limit: 5, unit: "ms" },
          { what: `warm, × ${RESUMABLE}`, ours: ours("warmStart") / (resumable ?? Number.NaN), limit: 1, unit: "×" },
          { what: "cold, from the start", ours: ours("coldStart"), limit: coldStart, unit: "ms" },
          { what: "cold, from the middle", ours: ours("coldMiddle"), limit: coldMiddle, unit: "ms" },
        ],
      }),
    ],
  };
}

/** Each turn's first replay in a host that was started anew. */
async function firstReads(
  bench: BenchRun,
  { product }: TurnBed,
  { warmUp, turnIds, after }: { warmUp: string; turnIds: readonly string[]; after: number },
): Promise<number> {
  await product.kill();
  await product.start();
  await measureRounds(bench, product.turn(warmUp), product.pid);
  const times: number[] = [];
  for (const turnId of turnIds) {
    times.push(
      await measureRounds(
        { ...bench, options: { ...bench.options, isQuick: true } },
        from(product, turnId, after),
        product.pid,
        1,
      ),
    );
  }
  return median(times);
}

async function warmReads(
  bench: BenchRun,
  { product }: TurnBed,
  turnId: string,
): Promise<{ start: number; middle: number }> {
  // Held by somebody else for as long as the replays take.
  const holding = load(bench.program, {
    ...product.turn(turnId),
    connections: 1,
    stamp: "~",
    seconds: 12,
    isHolding: true,
    pids: [product.pid],
  });
  const start = await measureRounds(bench, product.turn(turnId), product.pid);
  const middle = await measureRounds(bench, from(product, turnId, ENTRIES / 2), product.pid);
  await holding;
  return { start, middle };
}

const ROUNDS = 25;
const QUICK_ROUNDS = 5;

/** Milliseconds, the median of the rounds. The first entry of a turn says that it began, so the last bears one more. */
async function measureRounds(
  { program, options }: BenchRun,
  target: StreamTarget,
  pid: number,
  rounds = options.isQuick ? QUICK_ROUNDS : ROUNDS,
): Promise<number> {
  const report = await replay(program, { ...target, until: `#${ENTRIES}~`, rounds, pid });
  return report.ms_p50;
}

function from(product: TurnBed["product"], turnId: string, after: number): StreamTarget {
  return product.turn(turnId, after > 0 ? `1.${after}` : undefined);
}
