/** W4: some readers stop reading. What they cost the host, and what the others notice. */
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, installedNchan, RAW, STOCK_TRPC, withPeer, type PeerName } from "../peers.ts";
import { limitBar, type WorkloadResult } from "../workload-result.ts";
import { measurePeer, measureProduct } from "./measure-fan-out.ts";
import { withSignalBed } from "./signal-bed.ts";

export const slowReaders: Workload = { id: "W4", run };

/** As small as the kernel lets it be: what stands in its buffers is no cost of the host's. */
const RECEIVE_BUFFER = 4_096;
/** With these a peer's event is as large as a frame of ours. */
const PEER_EVENTS_PER_SECOND = 10;
const PEER_PADDING = 14_000;
/** Beyond this the machine is overrun before anybody stalls. */
const CARRIED_P99_MS = 1_000;

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const [connections, stalled, seconds] = bench.options.isQuick ? [100, 10, 8] : [500, 50, 40];
  const whole = { connections, records: 100, receiveBuffer: RECEIVE_BUFFER, idleSeconds: 3 };
  const nchan = installedNchan();
  return withSignalBed(bench, async (bed) => {
    const perSecond = bed.product.databaseUrl ? 600 : 100;
    const ours = { ...whole, count: perSecond * seconds, perSecond };
    const theirs = {
      ...whole,
      count: PEER_EVENTS_PER_SECOND * seconds,
      perSecond: PEER_EVENTS_PER_SECOND,
      padding: PEER_PADDING,
    };
    const target = { product: bed.product, source: bed.bulk };
    const peer = (name: PeerName) => ({
      side: name,
      measure: () => withPeer(name, (started) => measurePeer(bench, started, { ...theirs, stalled })),
    });
    const short = { ...bench, options: { ...bench.options, rounds: 1 } };
    const rows = await interleave(short, [
      { side: `${OURS}, nobody stalled`, measure: () => measureProduct(bench, target, ours) },
      { side: OURS, measure: () => measureProduct(bench, target, { ...ours, stalled }) },
      peer(RAW),
      peer(BETTER_SSE),
      ...nchan.peers.map(peer),
      peer(STOCK_TRPC),
    ]);
    const base = `${OURS}, nobody stalled`;
    const p99 = (side: string) => figureOf(rows, side, "p99");
    // A machine that can't carry the run without stalled readers says nothing about the one with them.
    const isCarried = figureOf(rows, base, "rate") >= 0.95 * perSecond && p99(base) <= CARRIED_P99_MS;
    return {
      id: "W4",
      title: `slow readers: ${stalled} of ${connections} stop reading for ${seconds} s`,
      columns: [
        { key: "growthMb", label: "memory + MB", digits: 1 },
        { key: "p50", label: "others' p50 ms", digits: 1 },
        { key: "p99", label: "others' p99 ms", digits: 1 },
        { key: "closed", label: "closed by the server", digits: 0 },
        { key: "mb", label: "MB read", digits: 0 },
      ],
      rows,
      notes: [
        ...nchan.notes,
        "One round: it is long.",
        ...(isCarried
          ? []
          : ["The machine could not carry the run without stalled readers: the others' p99 was not measured."]),
        bed.bulkNote,
        `Ours: ${perSecond} signals/s asked for, ${figureOf(rows, OURS, "rate").toFixed(0)}/s committed, about 250 bytes each, conflated per record. Peers: ${PEER_EVENTS_PER_SECOND} events/s of ${PEER_PADDING / 1_000} kB.`,
      ],
      chart: { key: "growthMb", title: "W4: memory that stalled readers cost", unit: "MB" },
      bars: [
        limitBar({
          bar: "B5",
          workload: "W4",
          what: "memory added while readers stall",
          ours: figureOf(rows, OURS, "growthMb"),
          most: 50,
          unit: "MB",
          also: [
            {
              what: "the others' p99, × without them",
              ours: isCarried ? p99(OURS) / p99(base) : Number.NaN,
              limit: 1.2,
              unit: "×",
            },
          ],
        }),
      ],
    };
  });
}
