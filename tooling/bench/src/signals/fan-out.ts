/** W1: signals at a steady rate to many connections, and what one delivery costs. */
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, installedNchan, RAW, STOCK_TRPC, withPeer } from "../peers.ts";
import { ratioBar, type WorkloadResult } from "../workload-result.ts";
import { measurePeer, measureProduct } from "./measure-fan-out.ts";
import { paceNote, withSignalBed } from "./signal-bed.ts";

/** tRPC as documented needs most of ten cores for 100/s to 1,000 connections. */
const STOCK_PER_SECOND = 8;
/** Less than a heartbeat, more than it is silent for while it works. */
const STOCK_IDLE_SECONDS = 8;

export const fanOut: Workload = { id: "W1", run };

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const [connections, seconds] = bench.options.isQuick ? [200, 2] : [1_000, 5];
  const steady = { connections, count: 100 * seconds, perSecond: 100, records: 100 };
  const count = STOCK_PER_SECOND * seconds;
  const slower = { ...steady, count, perSecond: STOCK_PER_SECOND, idleSeconds: STOCK_IDLE_SECONDS };
  const nchan = installedNchan();
  return withSignalBed(bench, async (bed) => {
    const rows = await interleave(bench, [
      { side: OURS, measure: () => measureProduct(bench, { product: bed.product, source: bed.mutations }, steady) },
      { side: RAW, measure: () => withPeer(RAW, (peer) => measurePeer(bench, peer, steady)) },
      { side: BETTER_SSE, measure: () => withPeer(BETTER_SSE, (peer) => measurePeer(bench, peer, steady)) },
      ...nchan.peers.map((name) => ({
        side: name,
        measure: () => withPeer(name, (peer) => measurePeer(bench, peer, steady)),
      })),
      { side: STOCK_TRPC, measure: () => withPeer(STOCK_TRPC, (peer) => measurePeer(bench, peer, slower)) },
    ]);
    const ours = (name: string) => figureOf(rows, OURS, name);
    return {
      id: "W1",
      title: `fan-out: ${steady.perSecond} signals/s to ${connections} connections for ${seconds} s`,
      columns: [
        { key: "usPerDelivery", label: "µs per delivery", digits: 2 },
        { key: "p50", label: "p50 ms", digits: 1 },
        { key: "p99", label: "p99 ms", digits: 1 },
        { key: "rate", label: "signals/s", digits: 0 },
        { key: "delivered", label: "delivered", digits: 3 },
        { key: "mb", label: "MB sent", digits: 1 },
      ],
      rows,
      notes: [
        ...nchan.notes,
        ...paceNote({ asked: steady.perSecond, rate: ours("rate"), hasOwnWriter: bed.product.hasOwnWriter }),
        `${STOCK_TRPC} is measured at ${STOCK_PER_SECOND}/s: it can't follow ${steady.perSecond}/s.`,
        `The mutations alone cost the streaming host ${ours("aloneCpu").toFixed(2)} s of CPU, the stream ${ours("streamCpu").toFixed(2)} s.`,
        "Latency: from the commit's time in the signal to the reader's socket; it has the batching window in it.",
      ],
      chart: { key: "usPerDelivery", title: "W1: CPU per delivered signal", unit: "µs" },
      bars: [
        ratioBar({
          bar: "B1",
          workload: "W1",
          what: "CPU per delivered signal",
          ours: ours("usPerDelivery"),
          peer: RAW,
          peerValue: figureOf(rows, RAW, "usPerDelivery"),
          unit: "µs",
          limit: 0.5,
          beyond: 0.25,
          also: [{ what: "p99", ours: ours("p99"), limit: 120, unit: "ms" }],
        }),
      ],
    };
  });
}
