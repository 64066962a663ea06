/**
 * Notifications out of signals, by the rules of the catalog: written in the transaction of what caused them, for those who
 * are members at that moment and did not mute the category. Nothing else writes a notification.
 */
import type { NotificationRule } from "@signalbox/catalog/notifications";
import { SIGNALS, type SignalName } from "@signalbox/catalog/signals";
import type { SignalDefinition } from "@signalbox/catalog/define-signals";
import { and, eq, inArray, ne, notExists, or } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { member, notification, notificationMute } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";
import { readAbout } from "./about.ts";

/** In whose name signals were emitted; null for what nobody did, as an agent's end. */
export interface Act {
  workspaceId: string;
  by: string | null;
}

/** A notification that was written: the signal of its arrival is to be emitted. */
export interface Arrived {
  id: string;
  personId: string;
  planId: string | undefined;
  runId: string | undefined;
}

type Row = typeof notification.$inferInsert;

/**
 * Writes what the signals of one act notify of. About one record a person is told once: the signal that was emitted last
 * has the word, so the more particular one is emitted after the more general.
 */
export async function makeNotifications(
  tx: Tx,
  act: Act,
  signals: readonly { name: SignalName; ids: Record<string, string> }[],
): Promise<Arrived[]> {
  const told = new Map<string, Row>();
  for (const { name, ids } of signals) {
    const rule = (SIGNALS[name] as SignalDefinition).notifies;
    const recordId = rule && ids[rule.about];
    if (!rule || !recordId) continue;
    const about = await readAbout(tx, act.workspaceId, rule.about, recordId);
    // What the act itself removed has nobody to be told and no title.
    if (!about) continue;
    for (const userId of await recipients(tx, act, rule, about.people)) {
      told.set(`${userId} ${rule.about}:${recordId}`, {
        id: randomUUID(),
        workspaceId: act.workspaceId,
        userId,
        signal: name,
        category: rule.category,
        title: about.title,
        says: inWords(rule.says, about.facts),
        ids,
      });
    }
  }
  const rows = [...told.values()];
  if (rows.length > 0) await tx.insert(notification).values(rows);
  return rows.map(({ id, userId, ids }) => ({ id, personId: userId, planId: ids["plan"], runId: ids["run"] }));
}

/** Members alone: a key is nobody who could read, and who left is told of nothing. */
async function recipients(
  tx: Tx,
  { workspaceId, by }: Act,
  { category, tells }: NotificationRule,
  people: Readonly<Record<string, string | null>>,
): Promise<string[]> {
  const named = tells.flatMap((who) => people[who] ?? []).filter((id) => id !== by);
  const asked = [
    ...(named.length > 0 ? [inArray(member.userId, named)] : []),
    ...(tells.some((who) => who === "owners") ? [eq(member.role, "owner")] : []),
  ];
  if (asked.length === 0) return [];
  const muted = tx
    .select({ userId: notificationMute.userId })
    .from(notificationMute)
    .where(
      and(
        eq(notificationMute.workspaceId, workspaceId),
        eq(notificationMute.userId, member.userId),
        eq(notificationMute.category, category),
      ),
    );
  const found = await tx
    .select({ id: member.userId })
    .from(member)
    .where(
      and(
        eq(member.workspaceId, workspaceId),
        or(...asked),
        by === null ? undefined : ne(member.userId, by),
        notExists(muted),
      ),
    );
  return found.map(({ id }) => id);
}

function inWords(says: string, facts: Readonly<Record<string, string>>): string {
  const words = says.replaceAll(/\{([a-z]+)\}/g, (whole, fact: string) => facts[fact] ?? whole);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
