/** W2: a burst of signals about few records, with a page's reads beside it: what conflation and coalescing spare. */
import { z } from "zod";
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, installedNchan, RAW, STOCK_TRPC, withPeer } from "../peers.ts";
import type { Figures } from "../statistics.ts";
import { limitBar, ratioBar, type WorkloadResult } from "../workload-result.ts";
import { measurePeer, measureProduct, type FanOut } from "./measure-fan-out.ts";
import { mountClient } from "./mounted-client.ts";
import { withSignalBed, type SignalBed } from "./signal-bed.ts";

const RECORDS = 20;
/** Less than a heartbeat, more than an overrun server is silent for. */
const IDLE_SECONDS = 8;

export const burst: Workload = { id: "W2", run };

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const count = bench.options.isQuick ? 400 : 1_000;
  const storm = { connections: 200, count, perSecond: 2_000, records: RECORDS, idleSeconds: IDLE_SECONDS };
  const nchan = installedNchan();
  return withSignalBed(bench, async (bed) => {
    const peer = (name: typeof RAW) => ({
      side: name,
      measure: () => withPeer(name, (started) => measurePeer(bench, started, storm)),
    });
    const rows = await interleave(bench, [
      { side: OURS, measure: () => measureOurs(bench, bed, storm) },
      peer(RAW),
      peer(BETTER_SSE),
      ...nchan.peers.map(peer),
      peer(STOCK_TRPC),
    ]);
    const ours = (name: string) => figureOf(rows, OURS, name);
    const raw = (name: string) => figureOf(rows, RAW, name);
    return {
      id: "W2",
      title: `burst: ${count} signals on ${RECORDS} records to ${storm.connections} connections`,
      columns: [
        { key: "streamCpu", label: "stream CPU s", digits: 3 },
        { key: "mb", label: "MB sent", digits: 2 },
        { key: "p99", label: "p99 ms", digits: 1 },
        { key: "rate", label: "signals/s", digits: 0 },
        { key: "reads", label: "reads", digits: 0 },
        { key: "requests", label: "requests", digits: 0 },
      ],
      rows,
      notes: [
        ...nchan.notes,
        bed.bulkNote,
        `The burst came at ${ours("rate").toFixed(0)}/s of the ${storm.perSecond}/s asked for; slower means that less can be conflated.`,
        `Reads and requests are those of one client that has all ${RECORDS} records mounted; after it settled it showed ${ours("stale").toFixed(0)} stale records.`,
      ],
      chart: { key: "streamCpu", title: "W2: CPU of a burst", unit: "s" },
      bars: [
        ratioBar({
          bar: "B3",
          workload: "W2",
          what: "CPU of the burst",
          ours: ours("streamCpu"),
          peer: RAW,
          peerValue: raw("streamCpu"),
          unit: "s",
          limit: 0.15,
          also: [
            { what: `bytes, × ${RAW}`, ours: ours("mb") / raw("mb"), limit: 0.03, unit: "×" },
            { what: "records shown stale in the end", ours: ours("stale"), limit: 0, unit: "" },
            { what: "reads per mounted key", ours: ours("reads") / RECORDS, limit: 3, unit: "" },
          ],
        }),
        limitBar({
          bar: "B10",
          workload: "W2",
          what: `requests of a client with ${RECORDS} mounted queries`,
          ours: ours("requests"),
          most: 60,
          unit: "",
        }),
      ],
    };
  });
}

async function measureOurs(bench: BenchRun, { product, api, plans, bulk }: SignalBed, storm: FanOut): Promise<Figures> {
  const target = { product, source: bulk };
  const figures = await measureProduct(bench, target, storm);
  // Apart from the measure above: its reads would count as the stream's CPU.
  const watched = plans.slice(0, RECORDS).map(({ id }) => id);
  const client = await mountClient(product, { planIds: watched, ending: bench.ending });
  try {
    await bulk.publish(storm);
    await client.settled();
    const { reads, requests } = client;
    return { ...figures, reads, requests, stale: await countStale(api, client.titles) };
  } finally {
    client.stop();
  }
}

const Title = z.object({ title: z.string() });

async function countStale(api: SignalBed["api"], shown: ReadonlyMap<string, string>): Promise<number> {
  let stale = 0;
  for (const [id, title] of shown) if (Title.parse(await api.query("plan.get", { id })).title !== title) stale += 1;
  return stale;
}
