/** W5: many turns that speak at once, a reader each: from the operator's spool to the reader's socket. */
import { figureOf, interleave, OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { BETTER_SSE, RAW, STOCK_TRPC, withPeer, type PeerName, type PeerProcess } from "../peers.ts";
import { cpuSeconds } from "../process-stat.ts";
import { load, type LoadReport, type StreamTarget } from "../sseload.ts";
import { drawStartLine } from "../start-line.ts";
import type { Figures } from "../statistics.ts";
import { limitBar, ratioBar, type WorkloadResult } from "../workload-result.ts";
import { withTurnBed, type TurnBed } from "./turn-bed.ts";

export const turnStreams: Workload = { id: "W5", run };

const PER_SECOND = 50;

interface Speech {
  turns: number;
  /** Entries of each turn. */
  count: number;
}

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const speech = bench.options.isQuick ? { turns: 20, count: PER_SECOND * 2 } : { turns: 100, count: PER_SECOND * 5 };
  return withTurnBed(bench, async (bed) => {
    const peer = (name: PeerName) => ({
      side: name,
      measure: () => withPeer(name, (started) => measurePeer(bench, started, speech)),
    });
    // The compiler has seen every path of an append by then.
    await measureOurs(bench, bed, { turns: 10, count: PER_SECOND });
    const rows = await interleave(bench, [
      { side: OURS, measure: () => measureOurs(bench, bed, speech) },
      peer(RAW),
      peer(BETTER_SSE),
      peer(STOCK_TRPC),
    ]);
    const ours = (name: string) => figureOf(rows, OURS, name);
    return {
      id: "W5",
      title: `turns: ${speech.turns} at ${PER_SECOND} entries/s of about 20 bytes, a reader each, ${speech.count / PER_SECOND} s`,
      columns: [
        { key: "usPerEntry", label: "µs per entry, stream", digits: 1 },
        { key: "usWhole", label: "µs per entry, whole host", digits: 1 },
        { key: "p50", label: "p50 ms", digits: 1 },
        { key: "p95", label: "p95 ms", digits: 1 },
        { key: "p99", label: "p99 ms", digits: 1 },
        { key: "rate", label: "entries/s stored", digits: 0 },
        { key: "delivered", label: "delivered", digits: 3 },
        { key: "gaps", label: "gaps", digits: 0 },
      ],
      rows,
      notes: [
        "Ours comes from an operator over its WebSocket, through the store; a peer generates its entries itself and keeps none.",
        bed.product.hasOwnWriter
          ? "The operator is connected to a second host on the same database: the streaming host only reads the log and writes sockets."
          : "Stream: what the host spends with readers, less what it spends on the same appends without any.",
        "Latency: from the moment at which the operator spooled the entry to the reader's socket.",
        ...backlogNote(ours("rate"), speech.turns * PER_SECOND),
      ],
      chart: { key: "usPerEntry", title: "W5: CPU per entry of a turn", unit: "µs" },
      bars: [
        ratioBar({
          bar: "B6",
          workload: "W5",
          what: "CPU per entry, log to socket",
          ours: ours("usPerEntry"),
          peer: RAW,
          peerValue: figureOf(rows, RAW, "usPerEntry"),
          unit: "µs",
          limit: 1.5,
          beyond: 1,
          also: [{ what: "gaps and repeats", ours: ours("gaps"), limit: 0, unit: "" }],
        }),
        limitBar({
          bar: "T7",
          workload: "W5",
          what: "spool to reader, p95",
          ours: ours("p95"),
          most: 150,
          unit: "ms",
        }),
      ],
    };
  });
}

/** A queue that grows while it is measured says nothing about the way through it. */
function backlogNote(rate: number, asked: number): string[] {
  // The last entries' own way is in the time, too.
  if (rate >= asked * 0.9) return [];
  return [
    `The entries were stored at ${rate.toFixed(0)}/s, not at ${asked}/s: appends are the limit on this machine at this load, and our latencies are mostly their backlog.`,
  ];
}

async function measureOurs(bench: BenchRun, bed: TurnBed, speech: Speech): Promise<Figures> {
  const { product } = bed;
  const options = { count: speech.count, perSecond: PER_SECOND };
  const alone = await bed.startTurns(speech.turns);
  const before = cpuSeconds(product.pid);
  await bed.speak(alone, options);
  const aloneCpu = cpuSeconds(product.pid) - before;
  await bed.endTurns(alone);

  const turnIds = await bed.startTurns(speech.turns);
  const line = await drawStartLine(() => bed.speak(turnIds, options));
  try {
    const urls = turnIds.flatMap((turnId) => product.turn(turnId).urls);
    const headers = product.turn("").headers ?? {};
    const report = await loadTurns(bench, { urls, headers }, { speech, pid: product.pid, trigger: line.url });
    const seconds = await line.finished;
    await bed.endTurns(turnIds);
    const entries = speech.turns * speech.count;
    return {
      ...figuresOf(report, speech),
      usPerEntry: ((report.cpu - aloneCpu) / entries) * 1e6,
      usWhole: (report.cpu / entries) * 1e6,
      rate: entries / seconds,
    };
  } finally {
    await line.close();
  }
}

async function measurePeer(bench: BenchRun, peer: PeerProcess, speech: Speech): Promise<Figures> {
  const trigger = peer.turnsUrl({ ...speech, perSecond: PER_SECOND });
  const report = await loadTurns(bench, peer.turns(speech.turns), { speech, pid: peer.pid, trigger });
  const us = (report.cpu / (speech.turns * speech.count)) * 1e6;
  return { ...figuresOf(report, speech), usPerEntry: us, usWhole: us };
}

function loadTurns(
  { program }: BenchRun,
  target: StreamTarget,
  { speech, pid, trigger }: { speech: Speech; pid: number; trigger: string },
): Promise<LoadReport> {
  return load(program, {
    ...target,
    connections: speech.turns,
    stamp: "~",
    sequence: "#",
    seconds: speech.count / PER_SECOND + 0.2,
    pids: [pid],
    trigger,
  });
}

function figuresOf(report: LoadReport, { turns, count }: Speech): Figures {
  return {
    p50: report.lat_ms.p50,
    p95: report.lat_ms.p95,
    p99: report.lat_ms.p99,
    delivered: report.events / (turns * count),
    gaps: report.gaps + report.dups,
  };
}
