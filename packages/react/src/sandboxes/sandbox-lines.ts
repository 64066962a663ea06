import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";

/** Lines that a page holds of a log, the newest; earlier ones are read when somebody asks for them. */
const HELD_MAX = 2_000;

/**
 * What is held of a log after one more answer. Answers may come twice and out of order: only what follows is taken. An answer
 * that begins anew takes the place of what was held.
 */
export function follow(held: SandboxLogAnswer | undefined, answer: SandboxLogAnswer): SandboxLogAnswer {
  if (!held || answer.resync) return answer;
  const last = held.entries.at(-1)?.seq ?? held.floor;
  const fresh = answer.entries.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return answer.done && !held.done ? { ...held, done: true } : held;
  const entries = [...held.entries, ...fresh].slice(-HELD_MAX);
  return { ...answer, entries };
}
