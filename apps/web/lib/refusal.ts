/** Why the server said no, read from whatever a failed call threw. */
import { ERROR_CODES, type ErrorCode } from "@signalbox/catalog/error-code";
import { PLAN_STATUSES, PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { z } from "zod";

export interface Refusal {
  /** Null when no answer came at all: the network, or a host that is restarting. */
  code: ErrorCode | null;
  message: string;
  /** For an illegal transition: where the plan may go instead. */
  allowed: readonly PlanStatus[];
}

const Thrown = z.object({
  message: z.string(),
  data: z.object({
    error: z.object({
      code: z.enum(ERROR_CODES),
      details: z.looseObject({ allowed: z.array(z.enum(PLAN_STATUSES)).optional().catch(undefined) }).nullish(),
    }),
  }),
});

export function refusalOf(error: unknown): Refusal {
  const parsed = Thrown.safeParse(error);
  if (!parsed.success) {
    return {
      code: null,
      message: "The server could not be reached. Nothing was changed; try again in a moment.",
      allowed: [],
    };
  }
  const { message, data } = parsed.data;
  return { code: data.error.code, message, allowed: data.error.details?.allowed ?? [] };
}

/** "In progress or Cancelled"; "nowhere" for none. */
export function statusWords(statuses: readonly PlanStatus[]): string {
  const words = statuses.map((status) => PLAN_STATUS_LABELS[status]);
  if (words.length === 0) return "nowhere";
  return words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
