/**
 * Whether those who hold streams may still hold them. Thousands are asked about on every round of heartbeats, so whatever is
 * asked within one turn of the event loop is answered by one transaction of at most three reads.
 */
import { and, gt, inArray, isNull } from "drizzle-orm";
import { apiKey, member, session } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Principal } from "./principal.ts";

/** Why a principal may no longer listen to a workspace, or null while it may. */
export type Verdict = "signed-out" | "not-found" | null;

interface Question {
  principal: Principal;
  workspaceId: string;
  answer(verdict: Verdict): void;
  fail(error: unknown): void;
}

/** Questions of one transaction: a statement's parameters are bounded, and so is the memory of its answer. */
const QUESTIONS_AT_ONCE = 1_000;

export function createRecheck(store: Store): (principal: Principal, workspaceId: string) => Promise<Verdict> {
  let waiting: Question[] = [];

  const answerAll = async (): Promise<void> => {
    const questions = waiting;
    waiting = [];
    for (let first = 0; first < questions.length; first += QUESTIONS_AT_ONCE) {
      const asked = questions.slice(first, first + QUESTIONS_AT_ONCE);
      try {
        const verdictOf = await store.system((tx) => look(tx, asked));
        for (const question of asked) question.answer(verdictOf(question));
      } catch (error) {
        for (const question of asked) question.fail(error);
      }
    }
  };

  return (principal, workspaceId) =>
    new Promise((answer, fail) => {
      waiting.push({ principal, workspaceId, answer, fail });
      if (waiting.length === 1) setImmediate(() => void answerAll());
    });
}

async function look(tx: Tx, asked: readonly Question[]): Promise<(question: Question) => Verdict> {
  const keyIds = new Set<string>();
  const sessionIds = new Set<string>();
  const personIds = new Set<string>();
  const workspaceIds = new Set<string>();
  for (const { principal, workspaceId } of asked) {
    if (principal.kind === "key") keyIds.add(principal.personId);
    else {
      sessionIds.add(principal.sessionId);
      personIds.add(principal.personId);
      workspaceIds.add(workspaceId);
    }
  }
  const keys = new Set<string>();
  const sessions = new Set<string>();
  const members = new Set<string>();
  if (keyIds.size > 0) {
    const isLive = and(inArray(apiKey.id, [...keyIds]), isNull(apiKey.revokedAt));
    for (const row of await tx.select({ id: apiKey.id }).from(apiKey).where(isLive)) keys.add(row.id);
  }
  if (sessionIds.size > 0) {
    const isLive = and(inArray(session.id, [...sessionIds]), gt(session.expiresAt, new Date()));
    for (const row of await tx.select({ id: session.id }).from(session).where(isLive)) sessions.add(row.id);
    const isAsked = and(inArray(member.userId, [...personIds]), inArray(member.workspaceId, [...workspaceIds]));
    const rows = await tx
      .select({ userId: member.userId, workspaceId: member.workspaceId })
      .from(member)
      .where(isAsked);
    for (const row of rows) members.add(`${row.workspaceId}:${row.userId}`);
  }
  return ({ principal, workspaceId }) => {
    if (principal.kind === "key") return keys.has(principal.personId) ? null : "signed-out";
    if (!sessions.has(principal.sessionId)) return "signed-out";
    return members.has(`${workspaceId}:${principal.personId}`) ? null : "not-found";
  };
}
