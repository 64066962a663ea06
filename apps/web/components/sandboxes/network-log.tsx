"use client";
/** What a sandbox let out and kept in, line by line: it follows its end until its reader scrolls away. */
import type { LoggedSandboxEntry, SandboxKind, SandboxState } from "@signalbox/catalog/sandbox-entry";
import type { SandboxLogView } from "@signalbox/react/sandboxes/use-sandbox-log";
import { clsx } from "clsx";
import { useState } from "react";
import { refusalOf } from "../../lib/refusal.ts";
import { useFollowEnd } from "../chat/use-follow-end.ts";
import { useTell } from "../ui/toaster.tsx";
import { NetworkLine } from "./network-line.tsx";
import { JumpToLatest } from "../ui/jump-to-latest.tsx";

type Filter = "all" | "allowed" | "blocked";

interface NetworkLogProps {
  log: SandboxLogView;
  kind: SandboxKind;
  state: SandboxState;
  allowed: number;
  blocked: number;
}

export function NetworkLog({ log, kind, state, allowed, blocked }: NetworkLogProps) {
  const [filter, setFilter] = useState<Filter>("all");
  const { box, content, isAtEnd, jumpToEnd } = useFollowEnd(filter);
  const entries = log.entries ?? [];
  const shown = entries.filter((entry) => isShown(entry, filter));
  const hasRequests = allowed + blocked > 0;
  return (
    <section aria-labelledby="network-log" className="flex min-h-64 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 pb-2">
        <h2 id="network-log" className="text-body font-semibold">
          Network log
        </h2>
        <span className="flex-1" />
        <div role="group" aria-label="Show" className="flex flex-wrap gap-1">
          <FilterButton filter={filter} value="all" label="All" count={allowed + blocked} onPick={setFilter} />
          <FilterButton filter={filter} value="allowed" label="Allowed" count={allowed} onPick={setFilter} />
          <FilterButton filter={filter} value="blocked" label="Blocked" count={blocked} onPick={setFilter} />
        </div>
      </div>
      <div className="relative min-h-0 flex-1 rounded-lg border border-line bg-surface">
        {/* Reachable by Tab, so that it can be scrolled by keyboard. */}
        <div
          ref={box}
          tabIndex={0}
          role="region"
          aria-label="Requests"
          className="h-full max-h-[70vh] overflow-y-auto focus-visible:-outline-offset-2"
        >
          <div ref={content} className="py-1">
            <Beginning log={log} />
            <ol className="flex flex-col">
              {shown.map((entry) => (
                <NetworkLine key={entry.seq} entry={entry} />
              ))}
            </ol>
            {hasRequests && shown.some(({ kind: of }) => of === "request") ? null : (
              <p className="px-4 py-6 text-center text-soft">{emptyWords(kind, state, filter, hasRequests)}</p>
            )}
          </div>
        </div>
        {isAtEnd ? null : <JumpToLatest onJump={jumpToEnd} />}
      </div>
      <p className="pt-2 text-2xs text-faint" data-log-end={log.done}>
        {log.done
          ? "The sandbox is gone: this log is whole."
          : "The newest line is added as it happens. A tunnel is one line, however much goes through it."}
      </p>
    </section>
  );
}

/** What stands before the first line: more to read, or that the oldest are gone. */
function Beginning({ log }: { log: SandboxLogView }) {
  const tell = useTell();
  const [isReading, setIsReading] = useState(false);
  if (log.hasEarlier) {
    const read = async () => {
      setIsReading(true);
      try {
        await log.readEarlier();
      } catch (error) {
        tell({ title: "Earlier lines were not read", description: refusalOf(error).message, tone: "problem" });
      } finally {
        setIsReading(false);
      }
    };
    return (
      <button
        type="button"
        disabled={isReading}
        onClick={() => void read()}
        className="press mx-4 my-1 border border-line text-soft hover:bg-hover"
      >
        {isReading ? "Reading earlier lines" : "Show earlier lines"}
      </button>
    );
  }
  if (log.floor === 0) return null;
  return <p className="px-4 py-1.5 text-2xs text-faint">The first {log.floor} lines are no longer kept.</p>;
}

interface FilterButtonProps {
  filter: Filter;
  value: Filter;
  label: string;
  count: number;
  onPick: (value: Filter) => void;
}

function FilterButton({ filter, value, label, count, onPick }: FilterButtonProps) {
  const isPicked = filter === value;
  return (
    <button
      type="button"
      aria-pressed={isPicked}
      onClick={() => onPick(value)}
      className={clsx(
        "press border",
        isPicked ? "border-line-strong bg-hover font-medium" : "border-line text-soft hover:bg-hover",
      )}
    >
      {label}{" "}
      <span data-number className="text-faint">
        {count}
      </span>
    </button>
  );
}

function isShown(entry: LoggedSandboxEntry, filter: Filter): boolean {
  return filter === "all" || (entry.kind === "request" && entry.decision === filter);
}

function emptyWords(kind: SandboxKind, state: SandboxState, filter: Filter, hasRequests: boolean): string {
  if (kind === "none") return "Nothing holds this agent, so nobody sees what it asks of the network.";
  if (hasRequests && filter !== "all") return `No request was ${filter}.`;
  if (state === "starting" || state === "up")
    return "No requests yet. Each that the agent makes shows up here, allowed or blocked.";
  return "Nothing asked for the network.";
}
