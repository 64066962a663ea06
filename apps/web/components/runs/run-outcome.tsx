/** How a run stands or ended: a shape and a word. */
import { CircleCheck, CircleDashed, CircleDot, CircleSlash, OctagonX, ShieldQuestion } from "lucide-react";
import type { Run } from "../../lib/records.ts";

export function RunOutcome({ run }: { run: Pick<Run, "state" | "outcome" | "agentState"> }) {
  const { Icon, word, colour } = outcomeOf(run);
  return (
    <span className={`inline-flex shrink-0 items-center gap-1.5 font-medium ${colour}`}>
      <Icon aria-hidden size={14} />
      {word}
    </span>
  );
}

function outcomeOf({ state, outcome, agentState }: Pick<Run, "state" | "outcome" | "agentState">) {
  if (state === "queued") return { Icon: CircleDashed, word: "Waiting", colour: "text-soft" };
  if (state === "running" && agentState === "waiting")
    return { Icon: ShieldQuestion, word: "Waits for an answer", colour: "text-accent" };
  if (state === "running") return { Icon: CircleDot, word: "Running", colour: "text-progress" };
  switch (outcome) {
    case "failed":
      return { Icon: OctagonX, word: "Failed", colour: "text-blocked" };
    case "cancelled":
      return { Icon: CircleSlash, word: "Cancelled", colour: "text-soft" };
    case "completed":
    case null:
      return { Icon: CircleCheck, word: "Completed", colour: "text-complete" };
  }
}
