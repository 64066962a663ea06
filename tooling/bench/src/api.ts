/** Mutations and queries over HTTP with the API key, as any service makes them. */
import superjson, { type SuperJSONResult } from "superjson";
import { z } from "zod";
import type { Product } from "./product.ts";

export type Call = readonly [procedure: string, input: object];

export interface Api {
  /** One mutation. Rejects when it is refused. */
  mutate(procedure: string, input: object): Promise<unknown>;
  /** Up to ten mutations in one request. Rejects when one is refused. */
  mutateBatch(calls: readonly Call[]): Promise<unknown[]>;
  query(procedure: string, input: object): Promise<unknown>;
}

const Answer = z.object({ result: z.object({ data: z.unknown() }) });

export function createApi(product: Product): Api {
  const authorization = `Bearer ${product.key}`;
  const mutateBatch = async (calls: readonly Call[]): Promise<unknown[]> => {
    const path = calls.map(([procedure]) => procedure).join(",");
    const response = await fetch(`${product.writeUrl}/api/trpc/${path}?batch=1`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(calls.map(([, input], index) => [index, { json: input }]))),
    });
    const text = await response.text();
    const answers = z.array(Answer).safeParse(JSON.parse(text));
    if (!answers.success) throw new Error(`${path} was refused: ${text.slice(0, 300)}`);
    return answers.data.map(({ result }) => superjson.deserialize(result.data as SuperJSONResult));
  };
  return {
    mutateBatch,
    mutate: async (procedure, input) => (await mutateBatch([[procedure, input]]))[0],
    async query(procedure, input) {
      const encoded = encodeURIComponent(JSON.stringify({ json: input }));
      const response = await fetch(`${product.url}/api/trpc/${procedure}?input=${encoded}`, {
        headers: { authorization },
      });
      return superjson.deserialize(Answer.parse(await response.json()).result.data as SuperJSONResult);
    },
  };
}

const Plan = z.object({ id: z.string(), boardId: z.string() });
export type Plan = z.infer<typeof Plan>;

const BATCH = 10;

/** Plans of the bench's workspace, made now. */
export async function createPlans(api: Api, product: Product, count: number): Promise<Plan[]> {
  const plans: Plan[] = [];
  while (plans.length < count) {
    const calls = Array.from({ length: Math.min(BATCH, count - plans.length) }, (_, index): Call => [
      "plan.create",
      { workspaceId: product.workspaceId, title: `Plan ${plans.length + index + 1}` },
    ]);
    plans.push(...z.array(Plan).parse(await api.mutateBatch(calls)));
  }
  return plans;
}
