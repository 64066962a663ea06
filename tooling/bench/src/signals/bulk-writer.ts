/**
 * A second writer on the same PostgreSQL: `POST /emit?count=&perSecond=&records=` changes plans and commits that many signals
 * with the changes, through the server's own outbox, a transaction every 50 ms; it answers when the last one is committed.
 * Arguments: the workspace, then its plans as `plan:board`. The database stands in `DATABASE_URL`.
 */
import { emitting } from "@signalbox/server/signals/outbox";
import { openPostgresStore } from "@signalbox/server/store/open-store";
import { plan as planTable } from "@signalbox/server/store/schema";
import { inArray } from "drizzle-orm";
import { createServer } from "node:http";
import { onSchedule } from "../peers/schedule.ts";
import { bulkWriterDatabase } from "../config.ts";

const TRANSACTIONS_PER_SECOND = 20;

const [workspaceId = "", ...pairs] = process.argv.slice(2);
const plans = pairs.map((pair) => {
  const [plan = "", board = ""] = pair.split(":");
  return { plan, board };
});
let changes = 0;
const store = await openPostgresStore(bulkWriterDatabase());

async function emit(options: { count: number; perSecond: number; records: number }): Promise<void> {
  const { count, perSecond, records } = options;
  const perTransaction = Math.max(1, Math.round(perSecond / TRANSACTIONS_PER_SECOND));
  let last: Promise<unknown> = Promise.resolve();
  await onSchedule({
    count: Math.ceil(count / perTransaction),
    perSecond: perSecond / perTransaction,
    each(transaction) {
      const first = transaction * perTransaction;
      const indexes = Array.from({ length: Math.min(count - first, perTransaction) }, (_, offset) => first + offset);
      // One after the other: two that change the same plans in another order would wait for each other in a circle.
      last = last.then(() => commit(indexes.flatMap((index) => plans[index % Math.min(records, plans.length)] ?? [])));
      // Told by the last one, below.
      last.catch(() => {});
    },
  });
  await last;
}

function commit(changed: readonly { plan: string; board: string }[]): Promise<void> {
  const title = `Bulk ${(changes += 1)}`;
  const ids = [...new Set(changed.map(({ plan }) => plan))];
  return store.system((tx) =>
    emitting(tx, workspaceId, async (_, say) => {
      await tx.update(planTable).set({ title }).where(inArray(planTable.id, ids));
      for (const one of changed) say("plan.updated", one);
    }),
  );
}

const server = createServer((req, res) => {
  req.resume();
  // The next order comes after a pause, and must not meet a connection that is just being closed.
  res.setHeader("connection", "close");
  const { searchParams } = new URL(req.url ?? "/", "http://writer");
  const asked = (name: string) => Number(searchParams.get(name));
  emit({ count: asked("count"), perSecond: asked("perSecond"), records: asked("records") }).then(
    () => res.end(),
    (error: unknown) => res.writeHead(500).end(String(error)),
  );
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`Listening: ${address.port}\n`);
});
