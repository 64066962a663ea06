/** How a turn ended, in the words that a person reads. */
import type { TurnEnd } from "@signalbox/catalog/turn-entry";
import type { AgentExit } from "./acp-client.ts";
import { finite, record, text } from "./json-value.ts";
import { promptUsage } from "./map-acp-usage.ts";

/** A turn-end without its kind. */
export type Ending = Omit<TurnEnd, "kind">;

/** ACP's code for "sign in first". */
const AUTH_REQUIRED = -32_000;

/** The agent answered the prompt. */
export function endOfPrompt(answer: { stopReason: string; result: unknown }): Ending {
  const usage = promptUsage(answer.result);
  const rest = { stopReason: answer.stopReason, ...(usage ? { usage } : {}) };
  if (answer.stopReason === "cancelled") return { outcome: "cancelled", ...rest };
  if (answer.stopReason === "refusal") {
    return {
      outcome: "failed",
      ...rest,
      error: { code: "refused", message: "The agent refused to go on with this request." },
    };
  }
  return { outcome: "completed", ...rest };
}

/** The agent answered with an error. */
export function endOfError(error: unknown): Ending {
  const values = record(error);
  const data = record(values["data"]);
  const message = messageOf(error);
  if (data["code"] === "rate-limited") {
    const retryAfterMs = finite(data["retryAfterMs"]);
    return failed(
      "rate-limited",
      "The model's provider refused further requests for now. Try again later.",
      retryAfterMs,
    );
  }
  if (values["code"] === AUTH_REQUIRED) {
    return failed("agent-needs-sign-in", `The agent is not signed in at its provider: ${message}`);
  }
  return failed("agent-error", `The agent reported an error: ${message}`);
}

/** The agent's process ended, or never began. */
export function endOfExit(exit: AgentExit): Ending {
  if (exit.startError) return failed("agent-not-started", `The agent could not be started: ${exit.startError.message}`);
  // A shell's word for it; in a sandbox a shell stands between.
  if (exit.code === 127)
    return failed("agent-not-started", "The agent could not be started: its command was not found.");
  const how = exit.signal ? `by signal ${exit.signal}` : `with code ${exit.code ?? "unknown"}`;
  return failed("agent-died", `The agent ended unexpectedly (${how}). What it had written is kept.`);
}

/** The operator's disk takes no more of the turn. */
export function endOfDisk(error: unknown): Ending {
  return failed(
    isDiskFull(error) ? "disk-full" : "disk-error",
    `The operator could not write down what the agent said, and ended it: ${messageOf(error)}. What was written before is kept.`,
  );
}

/** No space, or none that this user may take. */
export function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(text(record(error)["code"]) ?? "");
}

export function failed(code: string, message: string, retryAfterMs?: number): Ending {
  return { outcome: "failed", error: { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
}

function messageOf(error: unknown): string {
  const values = record(error);
  const details = text(record(values["data"])["details"]) ?? text(record(values["data"])["message"]);
  const message = error instanceof Error ? error.message : (text(values["message"]) ?? "no reason given");
  return (details ? `${message}: ${details}` : message).slice(0, 1_000);
}
