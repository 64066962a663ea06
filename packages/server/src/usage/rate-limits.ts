/**
 * Which providers limit the workspace's agents. A limit stands in the store from its hit until an agent says that it is
 * lifted, a call of that model succeeds, or its time runs out: an operator that vanished can't leave it behind.
 */
import { RATE_LIMITS_PER_OPERATOR, ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import type { RateLimit } from "@signalbox/catalog/rate-limits";
import { RATE_LIMIT_DEFAULT_MS, RATE_LIMIT_MAX_MS } from "@signalbox/catalog/timing";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { and, asc, eq, gt, inArray, lte } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { emitting, type Emit } from "../signals/outbox.ts";
import { outboxHead, rateLimit, type turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { cutName } from "./turn-usage.ts";

type RateLimitRow = typeof rateLimit.$inferSelect;
type LimitEntry = Extract<LoggedEntry, { kind: "rate-limit" }>;

export function createRateLimits(store: Store, { now = Date.now }: { now?: () => number } = {}) {
  return {
    /** Those that hold now, the oldest first. */
    list: (scope: Scope): Promise<RateLimit[]> =>
      store.read(scope, async (tx) => {
        const rows = await tx
          .select()
          .from(rateLimit)
          .where(and(eq(rateLimit.workspaceId, scope.workspaceId), gt(rateLimit.until, new Date(now()))))
          .orderBy(asc(rateLimit.hitAt), asc(rateLimit.id))
          .limit(ROWS_PER_LIST);
        return rows.map(toRateLimit);
      }),

    /** Lifts those whose time ran out. */
    async lapse(): Promise<void> {
      const over = lte(rateLimit.until, new Date(now()));
      const found = await store.system((tx) =>
        tx.selectDistinct({ workspaceId: rateLimit.workspaceId }).from(rateLimit).where(over),
      );
      for (const { workspaceId } of found) {
        await store.system(async (tx) => {
          // Ingest holds limits and waits for the outbox: whoever holds the outbox must not wait for limits.
          await tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId)).for("update");
          const rows = await tx
            .select()
            .from(rateLimit)
            .where(and(eq(rateLimit.workspaceId, workspaceId), over))
            .for("update", { skipLocked: true });
          if (rows.length === 0) return;
          await emitting(tx, workspaceId, (_, emit) => lift(tx, emit, rows));
        });
      }
    },
  };
}

/** Whether limits may follow from an entry. */
export function isAboutLimits(entry: LoggedEntry): boolean {
  if (entry.kind === "rate-limit") return entry.state !== "warning";
  return entry.kind === "usage" && entry.scope === "step";
}

/** What follows for the limits of the turn's operator. Says so to nobody where nothing does. */
export async function noteRateLimits(
  tx: Tx,
  emit: Emit,
  row: Pick<typeof turn.$inferSelect, "id" | "workspaceId" | "operatorId" | "usage">,
  entries: LoggedEntry[],
): Promise<void> {
  emit.nothing("most steps lift nothing");
  const { operatorId } = row;
  if (!operatorId) return;
  let held = await tx
    .select()
    .from(rateLimit)
    .where(eq(rateLimit.operatorId, operatorId))
    .orderBy(asc(rateLimit.id))
    .for("update");
  const asked = row.usage?.asked ?? null;
  for (const entry of entries) {
    if (entry.kind === "rate-limit" && entry.state === "hit") {
      const hit = await hold(tx, { ...row, operatorId }, asked, entry, held);
      if (!hit) continue;
      held = [...held.filter(({ id }) => id !== hit.id), hit];
      emit("rate-limit.hit", { "rate-limit": hit.id, operator: operatorId, turn: row.id });
    } else {
      const lifted = held.filter((limit) => isLiftedBy(limit, entry, { id: row.id, asked }));
      await lift(tx, emit, lifted);
      held = held.filter((limit) => !lifted.includes(limit));
    }
  }
}

async function hold(
  tx: Tx,
  row: { id: string; workspaceId: string; operatorId: string },
  asked: string | null,
  entry: LimitEntry,
  held: RateLimitRow[],
): Promise<RateLimitRow | null> {
  const at = Date.now();
  const provider = cutName(entry.provider) || "unknown";
  const model = cutName(entry.model ?? asked ?? "");
  const known = held.find((limit) => limit.provider === provider && limit.model === model);
  if (!known && held.length >= RATE_LIMITS_PER_OPERATOR) return null;
  const status = entry.status ?? null;
  const next = {
    status: status !== null && status >= 100 && status <= 999 ? status : null,
    turnId: row.id,
    until: untilOf(entry, at),
  };
  const [written] = known
    ? await tx.update(rateLimit).set(next).where(eq(rateLimit.id, known.id)).returning()
    : await tx
        .insert(rateLimit)
        .values({
          id: randomUUID(),
          workspaceId: row.workspaceId,
          operatorId: row.operatorId,
          provider,
          model,
          hitAt: new Date(at),
          ...next,
        })
        .returning();
  return written ?? null;
}

/** Counted from when the host hears of it, by the host's clock. */
function untilOf({ resetsAt, retryAfterMs }: LimitEntry, at: number): Date {
  const told = resetsAt === undefined ? (retryAfterMs ?? RATE_LIMIT_DEFAULT_MS) : resetsAt - at;
  return new Date(at + Math.min(Math.max(told, 0), RATE_LIMIT_MAX_MS));
}

/**
 * Several turns run at once, at several models: what one of them met is not over because another gets through elsewhere. A
 * step says that a call was let through. Of another turn's limit it counts only where it names the same provider and model.
 */
function isLiftedBy(limit: RateLimitRow, entry: LoggedEntry, turn: { id: string; asked: string | null }): boolean {
  const isOwn = limit.turnId === turn.id;
  if (entry.kind === "rate-limit") {
    if (entry.state !== "lifted" || limit.provider !== cutName(entry.provider)) return false;
    if (entry.model === undefined) return isOwn || limit.model === turn.asked;
    return limit.model === cutName(entry.model) || (isOwn && limit.model === "");
  }
  if (entry.kind !== "usage" || entry.scope !== "step" || limit.model === "") return false;
  const isOfProvider = entry.provider !== undefined && limit.provider === cutName(entry.provider);
  if (!isOwn) return isOfProvider && limit.model === entry.model;
  return (isOfProvider || entry.provider === undefined) && isOfModel(entry.model, limit.model, turn.asked);
}

/** What answers may have a finer name than what was asked for: with a date or a version behind it. */
function isOfModel(answered: string | undefined, limited: string, asked: string | null): boolean {
  if (answered === undefined) return limited === asked;
  return answered === limited || (answered.startsWith(limited) && /^[-@]\d/.test(answered.slice(limited.length)));
}

async function lift(tx: Tx, emit: Emit, limits: RateLimitRow[]): Promise<void> {
  if (limits.length === 0) return;
  const ids = limits.map(({ id }) => id);
  await tx.delete(rateLimit).where(inArray(rateLimit.id, ids));
  for (const { id, operatorId, turnId } of limits) {
    emit("rate-limit.lifted", { "rate-limit": id, operator: operatorId, turn: turnId });
  }
}

function toRateLimit(row: RateLimitRow): RateLimit {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model || null,
    status: row.status,
    operatorId: row.operatorId,
    turnId: row.turnId,
    hitAt: row.hitAt.toISOString(),
    until: row.until.toISOString(),
  };
}
