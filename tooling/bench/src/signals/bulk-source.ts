/** Signals in bulk: from a process that commits them through the outbox on the host's PostgreSQL. */
import { join } from "node:path";
import type { Plan } from "../api.ts";
import { startNode } from "../child.ts";
import type { SignalSource } from "./signal-source.ts";

export async function startBulkWriter(options: {
  databaseUrl: string;
  workspaceId: string;
  plans: readonly Plan[];
}): Promise<SignalSource & { stop(): Promise<void> }> {
  const child = await startNode({
    name: "The bulk writer",
    entry: join(import.meta.dirname, "bulk-writer.ts"),
    args: [options.workspaceId, ...options.plans.map(({ id, boardId }) => `${id}:${boardId}`)],
    environment: { DATABASE_URL: options.databaseUrl },
    ready: /^Listening: \d+$/,
  });
  const url = `http://127.0.0.1:${child.readyLine.split(" ")[1]}/emit`;
  return {
    async publish({ count, perSecond, records }) {
      const startedAt = performance.now();
      const response = await fetch(`${url}?count=${count}&perSecond=${perSecond}&records=${records}`, {
        method: "POST",
      });
      if (!response.ok) throw new Error(`The bulk writer failed: ${await response.text()}`);
      return { signals: count, seconds: (performance.now() - startedAt) / 1_000 };
    },
    stop: () => child.stop(),
  };
}
