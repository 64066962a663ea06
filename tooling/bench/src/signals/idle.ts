/** W3: connections that only wait, and the memory that each holds. */
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, installedNchan, RAW, STOCK_TRPC, withPeer } from "../peers.ts";
import { startProduct } from "../product.ts";
import { load, type StreamTarget } from "../sseload.ts";
import type { Figures } from "../statistics.ts";
import { ratioBar, type WorkloadResult } from "../workload-result.ts";

export const idle: Workload = { id: "W3", run: (bench) => measureIdle(bench, { id: "W3", connections: 1_000 }) };
/** Only with `--large`. */
export const idleLarge: Workload = {
  id: "W3L",
  run: (bench) => measureIdle(bench, { id: "W3L", connections: 10_000 }),
};

const HOLD_SECONDS = 3;
/** Past a heartbeat. */
const LARGE_HOLD_SECONDS = 20;

async function measureIdle(
  bench: BenchRun,
  { id, connections }: { id: string; connections: number },
): Promise<WorkloadResult> {
  const nchan = installedNchan();
  const hold = (target: StreamTarget, pid: number) => holdIdle(bench, { target, pid, connections });
  const peer = (name: typeof RAW) => ({
    side: name,
    measure: () => withPeer(name, (started) => hold(started.events(), started.pid)),
  });
  const rows = await interleave(bench, [
    {
      side: OURS,
      // A host of its own each time: what a heap has once grown to hides what the next connections cost.
      async measure() {
        const product = await startProduct(bench.options);
        try {
          return await hold(product.events(), product.pid);
        } finally {
          await product.stop();
        }
      },
    },
    peer(RAW),
    peer(BETTER_SSE),
    ...nchan.peers.map(peer),
    peer(STOCK_TRPC),
  ]);
  const each = (side: string) => figureOf(rows, side, "kbEach");
  return {
    id,
    title: `idle: ${connections} connections that only wait`,
    columns: [
      { key: "kbEach", label: "KB each", digits: 1 },
      { key: "opened", label: "opened", digits: 0 },
      { key: "rssMb", label: "RSS MB", digits: 0 },
      { key: "msEach", label: "CPU ms to open each", digits: 2 },
    ],
    rows,
    notes: [
      ...nchan.notes,
      "RSS of a fresh process before the first and after the last connection that opened within two minutes, after twenty to warm up.",
    ],
    chart: { key: "kbEach", title: `${connections} idle connections: memory of each`, unit: "KB" },
    bars: [
      ratioBar({
        bar: "B4",
        workload: id,
        what: "memory of an idle connection",
        ours: each(OURS),
        peer: RAW,
        peerValue: each(RAW),
        unit: "KB",
        limit: 1.2,
        beyond: 1,
        also: [
          { what: `× ${STOCK_TRPC}`, ours: each(OURS) / each(STOCK_TRPC), limit: 0.2, unit: "×" },
          {
            what: "connections that were not held",
            ours: connections - figureOf(rows, OURS, "opened"),
            limit: 0,
            unit: "",
          },
        ],
      }),
    ],
  };
}

async function holdIdle(
  { program }: BenchRun,
  { target, pid, connections }: { target: StreamTarget; pid: number; connections: number },
): Promise<Figures> {
  const options = { ...target, stamp: '"at":', isEpochMs: true, isHolding: true, pids: [pid] };
  await load(program, { ...options, connections: 20, seconds: 1 });
  const report = await load(program, {
    ...options,
    connections,
    seconds: connections > 5_000 ? LARGE_HOLD_SECONDS : HOLD_SECONDS,
  });
  return {
    kbEach: ((report.rss_mb.end - report.rss_mb.before) * 1_024) / report.opened,
    opened: report.opened - report.closed,
    rssMb: report.rss_mb.end,
    msEach: report.connect_cpu_ms_per_conn,
  };
}
