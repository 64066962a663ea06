/** One measure of signals to many connections: through the product, and through a peer that generates them itself. */
import type { BenchRun } from "../bench-run.ts";
import type { PeerProcess } from "../peers.ts";
import { cpuSeconds } from "../process-stat.ts";
import type { Product } from "../product.ts";
import { load, type LoadReport } from "../sseload.ts";
import { drawStartLine } from "../start-line.ts";
import type { Figures } from "../statistics.ts";
import type { SignalSource } from "./signal-source.ts";

export interface FanOut {
  connections: number;
  count: number;
  perSecond: number;
  records: number;
  stalled?: number;
  receiveBuffer?: number;
  /** Silence after which no more is expected: a server that is overrun says nothing for seconds. */
  idleSeconds?: number;
  /** Of the peers' events. */
  padding?: number;
}

const STAMP = '"at":';

/**
 * The same signals twice: with nobody connected, which is what the mutations cost this host, and with everybody. The
 * difference is the stream's.
 */
export async function measureProduct(
  { program }: BenchRun,
  target: { product: Product; source: SignalSource },
  fanOut: FanOut,
): Promise<Figures> {
  const { product, source } = target;
  const before = cpuSeconds(product.pid);
  await source.publish(fanOut);
  const alone = cpuSeconds(product.pid) - before;
  const line = await drawStartLine(() => source.publish(fanOut));
  try {
    const report = await load(program, {
      ...product.events(),
      ...loadOptions(fanOut, product.pid),
      trigger: line.url,
    });
    const published = await line.finished;
    return {
      ...figuresOf(report, fanOut),
      usPerDelivery: ((report.cpu - alone) / report.events) * 1e6,
      streamCpu: report.cpu - alone,
      aloneCpu: alone,
      rate: published.signals / published.seconds,
    };
  } finally {
    await line.close();
  }
}

export async function measurePeer({ program }: BenchRun, peer: PeerProcess, fanOut: FanOut): Promise<Figures> {
  const { count, perSecond, records, padding = 0 } = fanOut;
  const report = await load(program, {
    ...peer.events(),
    ...loadOptions(fanOut, peer.pid),
    trigger: peer.emitUrl({ count, perSecond, records, padding }),
  });
  return {
    ...figuresOf(report, fanOut),
    usPerDelivery: (report.cpu / report.events) * 1e6,
    streamCpu: report.cpu,
    rate: perSecond,
  };
}

function loadOptions(fanOut: FanOut, pid: number) {
  const { connections, count, perSecond, stalled, receiveBuffer, idleSeconds } = fanOut;
  return {
    connections,
    stamp: STAMP,
    isEpochMs: true,
    seconds: count / perSecond + 0.2,
    pids: [pid],
    ...(stalled ? { stalled } : {}),
    ...(idleSeconds ? { idleSeconds } : {}),
    ...(receiveBuffer ? { receiveBuffer } : {}),
  };
}

function figuresOf(report: LoadReport, { connections, count, stalled = 0 }: FanOut): Figures {
  return {
    p50: report.lat_ms.p50,
    p99: report.lat_ms.p99,
    delivered: report.events / (count * (connections - stalled)),
    mb: report.bytes / 1e6,
    growthMb: report.rss_mb.max - report.rss_mb.open,
    closed: report.closed,
  };
}
