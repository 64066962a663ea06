/** One line of a sandbox's log. */
import type { LoggedSandboxEntry, SandboxRequest } from "@signalbox/catalog/sandbox-entry";
import { ArrowUpRight, Ban } from "lucide-react";
import { ClockTime } from "../ui/time.tsx";

export function NetworkLine({ entry }: { entry: LoggedSandboxEntry }) {
  if (entry.kind !== "request") {
    return (
      <li data-offset={entry.seq} className="flex items-baseline gap-3 px-4 py-1 text-2xs text-faint">
        <ClockTime at={entry.at} />
        <span className="min-w-0 wrap-anywhere">{wordsOf(entry)}</span>
      </li>
    );
  }
  const isAllowed = entry.decision === "allowed";
  const Icon = isAllowed ? ArrowUpRight : Ban;
  return (
    <li
      data-offset={entry.seq}
      data-decision={entry.decision}
      className="flex flex-wrap items-baseline gap-x-3 px-4 py-1 [contain-intrinsic-size:auto_26px] [content-visibility:auto]"
    >
      <span className="text-2xs text-faint">
        <ClockTime at={entry.at} />
      </span>
      <span
        className={`inline-flex w-20 shrink-0 items-center gap-1.5 self-center text-2xs font-medium ${isAllowed ? "text-complete" : "text-blocked"}`}
      >
        <Icon aria-hidden size={13} />
        {isAllowed ? "Allowed" : "Blocked"}
      </span>
      <code className="min-w-0 flex-1 font-mono wrap-anywhere">
        {entry.method === undefined ? null : <span className="text-soft">{entry.method} </span>}
        {entry.host}
        <span className="text-faint">:{entry.port}</span>
      </code>
      <span className="text-2xs text-soft max-sm:w-full max-sm:pl-0">{reasonOf(entry)}</span>
    </li>
  );
}

/** A rule that says no more than the line itself is left out. */
function reasonOf({ host, port, decision, reason }: SandboxRequest): string {
  if (decision === "blocked") return reason;
  return reason === host || reason === `${host}:${port}` ? "" : `by ${reason}`;
}

function wordsOf(entry: Exclude<LoggedSandboxEntry, { kind: "request" }>): string {
  switch (entry.kind) {
    case "sandbox-start":
      return entry.sandbox === "none" ? "Started without a sandbox" : "Coming up";
    case "sandbox-up":
      return "Up: what follows is the agent’s";
    case "note":
      return entry.text;
    case "sandbox-end":
      return entry.outcome === "stopped" ? "Stopped" : `Failed. ${entry.reason ?? ""}`.trim();
  }
}
