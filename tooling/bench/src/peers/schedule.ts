/** What a peer's own generator makes: the same words as the product's, at the same pace. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const WORKSPACE = randomUUID();
const BOARD = randomUUID();
const PLANS = Array.from({ length: 1_000 }, () => randomUUID());

/** A signal as the product says it. `padding`: characters more, for workloads of large events. */
export function signalOf(options: { index: number; records: number; padding: number }): object {
  const plan = PLANS[options.index % Math.min(options.records, PLANS.length)];
  const signal = { name: "plan.updated", ids: { plan, board: BOARD }, workspaceId: WORKSPACE, at: Date.now() };
  return options.padding > 0 ? { ...signal, padding: "x".repeat(options.padding) } : signal;
}

/** An entry as an operator spools it: about twenty bytes of text, with its number and the time at which it was said. */
export function entryOf(seq: number): object {
  return { seq, at: Date.now(), kind: "text-delta", role: "assistant", text: entryText(seq) };
}

export function entryText(seq: number): string {
  return `#${seq}~${process.hrtime.bigint()}; `;
}

/** Calls `each` for 0 … count − 1 on an absolute schedule. A caller that is late catches up without a pause. */
export async function onSchedule(options: {
  count: number;
  perSecond: number;
  each(index: number): void;
}): Promise<void> {
  const { count, perSecond, each } = options;
  const startedAt = performance.now();
  for (let index = 0; index < count; index += 1) {
    const due = startedAt + (index / perSecond) * 1_000 - performance.now();
    if (due > 1) await pause(due);
    each(index);
  }
}
