/** How a turn stands, in the words of its reader. Pure. */
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import type { TurnView } from "@signalbox/catalog/turn-view";
import type { TurnState } from "@signalbox/client/turns/turn-state";

export interface TurnStanding {
  state: TurnState | "queued";
  outcome: TurnOutcome | null;
  error: NonNullable<TurnView["end"]>["error"];
  refused: "signed-out" | "gone" | null;
}

export interface TurnWords {
  tone: "working" | "degraded" | "done" | "stopped" | "failed";
  words: string;
}

export function turnWords({ state, outcome, error, refused }: TurnStanding): TurnWords {
  if (refused === "signed-out")
    return { tone: "degraded", words: "You were signed out. What was said until then is above." };
  if (refused === "gone") return { tone: "degraded", words: "This turn is gone, or is no longer open to you." };
  switch (state) {
    case "queued":
      return { tone: "working", words: "Waiting for an operator" };
    case "streaming":
      return { tone: "working", words: "Streaming" };
    case "reconnecting":
      return { tone: "degraded", words: "Reconnecting. Nothing of the turn is lost." };
    case "resync":
      return { tone: "degraded", words: "Reading the turn afresh" };
    case "completed":
      return outcome === "cancelled"
        ? { tone: "stopped", words: "Cancelled. What it did until then is kept." }
        : { tone: "done", words: "Completed" };
    case "failed":
      return { tone: "failed", words: `Failed: ${reason(error)}` };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  "operator-offline": "no operator took it up within a minute. Connect one and ask again.",
  "operator-lost": "the agent's computer went away and was not back within a minute. What it did is kept.",
};

function reason(error: TurnStanding["error"]): string {
  if (!error) return "the agent gave no reason.";
  return REASONS[error.code] ?? (error.message || error.code);
}
