/** From the commit of a mutation to the refetched answer in other clients, with many connected: what a person waits for. */
import { setTimeout as pause } from "node:timers/promises";
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { load } from "../sseload.ts";
import { drawStartLine } from "../start-line.ts";
import { quantile, type Figures } from "../statistics.ts";
import { limitBar, type WorkloadResult } from "../workload-result.ts";
import { mountClient } from "./mounted-client.ts";
import { withSignalBed, type SignalBed } from "./signal-bed.ts";

export const refetch: Workload = { id: "W7", run };

const CONNECTED = 200;
const READERS = 5;
const RECORDS = 20;
/** One record is changed every 20 × 100 ms: each signal is its key's first of a window. */
const EVERY_MS = 100;

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const changes = bench.options.isQuick ? 40 : 100;
  return withSignalBed(bench, async (bed) => {
    const rows = await interleave(bench, [{ side: OURS, measure: () => measure(bench, bed, changes) }]);
    return {
      id: "W7",
      title: `${changes} mutations, ${CONNECTED} clients connected, ${READERS} with the record mounted`,
      columns: [
        { key: "p50", label: "p50 ms", digits: 1 },
        { key: "p99", label: "p99 ms", digits: 1 },
        { key: "answers", label: "answers", digits: 0 },
      ],
      rows,
      notes: [
        "From the commit's time in the signal to the answer of the aimed read in each of the five clients; reads are batched.",
      ],
      chart: { key: "p99", title: "Commit to another client's answer: p99", unit: "ms" },
      bars: [
        limitBar({
          bar: "B8",
          workload: "W7",
          what: "commit to refetched answer, p50",
          ours: figureOf(rows, OURS, "p50"),
          most: 30,
          unit: "ms",
          also: [{ what: "p99", ours: figureOf(rows, OURS, "p99"), limit: 150, unit: "ms" }],
        }),
      ],
    };
  });
}

async function measure({ program, ending }: BenchRun, bed: SignalBed, changes: number): Promise<Figures> {
  const { product, api, plans } = bed;
  const watched = plans.slice(0, RECORDS).map(({ id }) => id);
  const clients = await Promise.all(
    Array.from({ length: READERS }, () => mountClient(product, { planIds: watched, ending })),
  );
  const change = async () => {
    for (let index = 0; index < changes; index += 1) {
      await api.mutate("plan.update", { id: watched[index % RECORDS], title: `Change ${performance.now()}` });
      await pause(EVERY_MS);
    }
    await Promise.all(clients.map((client) => client.settled()));
  };
  const line = await drawStartLine(change);
  try {
    const holding = load(program, {
      ...product.events(),
      connections: CONNECTED,
      stamp: '"at":',
      isEpochMs: true,
      seconds: changes * (EVERY_MS / 1_000),
      trigger: line.url,
      pids: [product.pid],
    });
    await holding;
    await line.finished;
    const latencies = clients.flatMap((client) => client.latencies);
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), answers: latencies.length };
  } finally {
    for (const client of clients) client.stop();
    await line.close();
  }
}
