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
  const commits: Promise<unknown>[] = [];
  await onSchedule({
    count: Math.ceil(count / perTransaction),
    perSecond: perSecond / perTransaction,
    each(transaction) {
      const first = transaction * perTransaction;
      const last = Math.min(count, first + perTransaction);
      commits.push(
        store.system((tx) =>
          emitting(tx, workspaceId, async (tx, say) => {
            const changed = new Set<string>();
            for (let index = first; index < last; index += 1) {
              const ids = plans[index % Math.min(records, plans.length)];
              if (!ids) continue;
              changed.add(ids.plan);
              say("plan.updated", ids);
            }
            const title = `Bulk ${(changes += 1)}`;
            await tx
              .update(planTable)
              .set({ title })
              .where(inArray(planTable.id, [...changed]));
          }),
        ),
      );
    },
  });
  await Promise.all(commits);
}

const server = createServer((req, res) => {
  req.resume();
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
