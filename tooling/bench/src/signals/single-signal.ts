/** W1 with one signal at a time: nothing to batch, so this is the plain price of a delivery. */
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, installedNchan, RAW, STOCK_TRPC, withPeer } from "../peers.ts";
import { ratioBar, type WorkloadResult } from "../workload-result.ts";
import { measurePeer, measureProduct } from "./measure-fan-out.ts";
import { paceNote, withSignalBed } from "./signal-bed.ts";

export const singleSignal: Workload = { id: "W1A", run };

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const [connections, count] = bench.options.isQuick ? [200, 10] : [1_000, 25];
  const each = { connections, count, perSecond: 4, records: 100, idleSeconds: 3 };
  const nchan = installedNchan();
  return withSignalBed(bench, async (bed) => {
    const peer = (name: typeof RAW) => ({
      side: name,
      measure: () => withPeer(name, (started) => measurePeer(bench, started, each)),
    });
    const rows = await interleave(bench, [
      { side: OURS, measure: () => measureProduct(bench, { product: bed.product, source: bed.mutations }, each) },
      peer(RAW),
      peer(BETTER_SSE),
      ...nchan.peers.map(peer),
      peer(STOCK_TRPC),
    ]);
    const ours = (name: string) => figureOf(rows, OURS, name);
    return {
      id: "W1A",
      title: `a single signal to ${connections} connections, ${count} times, four a second`,
      columns: [
        { key: "usPerDelivery", label: "µs per delivery", digits: 2 },
        { key: "p50", label: "p50 ms", digits: 1 },
        { key: "p99", label: "p99 ms", digits: 1 },
        { key: "delivered", label: "delivered", digits: 3 },
      ],
      rows,
      notes: [
        ...nchan.notes,
        ...paceNote({ asked: each.perSecond, rate: ours("rate"), hasOwnWriter: bed.product.hasOwnWriter }),
      ],
      chart: { key: "p99", title: "A single signal to all: p99", unit: "ms" },
      bars: [
        ratioBar({
          bar: "B2",
          workload: "W1A",
          what: "CPU per delivery of a single signal",
          ours: ours("usPerDelivery"),
          peer: RAW,
          peerValue: figureOf(rows, RAW, "usPerDelivery"),
          unit: "µs",
          limit: 1.3,
          beyond: 1,
          also: [{ what: "p99", ours: ours("p99"), limit: 50, unit: "ms" }],
        }),
      ],
    };
  });
}
