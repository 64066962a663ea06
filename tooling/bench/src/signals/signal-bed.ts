/** The product with plans to change and somebody who changes them: what all signal workloads stand on. */
import { createApi, createPlans, type Api, type Plan } from "../api.ts";
import type { BenchRun } from "../bench-run.ts";
import { startProduct, type Product } from "../product.ts";
import { startBulkWriter } from "./bulk-source.ts";
import { createMutationSource, type SignalSource } from "./signal-source.ts";

export interface SignalBed {
  product: Product;
  api: Api;
  plans: readonly Plan[];
  /** Mutations over HTTP, a request each. */
  mutations: SignalSource;
  /** What can make the most signals in a second: see `bulkNote`. */
  bulk: SignalSource;
  bulkNote: string;
}

const PLANS = 100;
/** The compiler of the runtime has seen every path of a mutation by then. */
const WARM_UP = { count: 150, perSecond: 200, records: PLANS };

export async function withSignalBed<T>({ options }: BenchRun, run: (bed: SignalBed) => Promise<T>): Promise<T> {
  const product = await startProduct(options);
  try {
    const api = createApi(product);
    const plans = await createPlans(api, product, PLANS);
    const mutations = createMutationSource({ api, plans });
    await mutations.publish(WARM_UP);
    if (product.databaseUrl === null) {
      const bulk = createMutationSource({ api, plans, perRequest: 10 });
      const bulkNote = "Ours: mutations over HTTP, ten in a request, as fast as the one host commits them.";
      return await run({ product, api, plans, mutations, bulk, bulkNote });
    }
    const writer = await startBulkWriter({ databaseUrl: product.databaseUrl, workspaceId: product.workspaceId, plans });
    try {
      const bulkNote =
        "Ours: committed through the outbox by a process of its own, a transaction per 50 ms: no single host takes mutations so fast.";
      return await run({ product, api, plans, mutations, bulk: writer, bulkNote });
    } finally {
      await writer.stop();
    }
  } finally {
    await product.stop();
  }
}

/** Says when the mutations, not the stream, set the pace. */
export function paceNote(options: { asked: number; rate: number; hasOwnWriter: boolean }): string[] {
  const { asked, rate, hasOwnWriter } = options;
  const where = hasOwnWriter
    ? "Mutations went to a second host on the same database; its CPU is not counted."
    : "One host took the mutations and held the streams; what the same mutations cost it with nobody connected is subtracted.";
  if (rate >= asked * 0.97) return [where];
  return [
    where,
    `The mutations came at ${rate.toFixed(0)}/s, not at ${asked}/s: their path is the limit here, not the stream.`,
  ];
}
