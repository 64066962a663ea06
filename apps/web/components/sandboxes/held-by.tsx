/** What an operator says of an agent that nothing holds, or that it can't run. One that runs in a sandbox needs no word. */
import { ShieldAlert, ShieldX } from "lucide-react";
import type { Agent } from "../../lib/records.ts";

export function HeldBy({ sandbox }: { sandbox: Agent["operators"][number]["sandbox"] }) {
  if (!sandbox || sandbox.kind === "bubblewrap") return null;
  const isRefused = sandbox.kind === "missing";
  const Icon = isRefused ? ShieldX : ShieldAlert;
  return (
    <span title={sandbox.reason} className="inline-flex shrink-0 items-center gap-1 text-2xs text-soft">
      <Icon aria-hidden size={12} />
      {isRefused ? "can’t run: no sandbox" : "without a sandbox"}
    </span>
  );
}
