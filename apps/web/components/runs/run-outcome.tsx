/** How a run stands or ended: a shape and a word. */
import { CircleCheck, CircleDashed, CircleDot, CircleSlash, OctagonX } from "lucide-react";
import type { Run } from "../../lib/records.ts";

export function RunOutcome({ run }: { run: Pick<Run, "state" | "outcome"> }) {
  const { Icon, word, colour } = outcomeOf(run);
  return (
    <span className={`inline-flex shrink-0 items-center gap-1.5 font-medium ${colour}`}>
      <Icon aria-hidden size={14} />
      {word}
    </span>
  );
}

function outcomeOf({ state, outcome }: Pick<Run, "state" | "outcome">) {
  if (state === "queued") return { Icon: CircleDashed, word: "Waiting", colour: "text-soft" };
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
