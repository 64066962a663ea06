"use client";
/** One attempt: how it stands, what it changed, where it can be seen, and what one can do with it. */
import type { AttemptStatus } from "@signalbox/catalog/attempt";
import { clsx } from "clsx";
import { ExternalLink } from "lucide-react";
import type { Attempt } from "../../lib/records.ts";
import { TimeAgo } from "../ui/time.tsx";
import type { ReactNode } from "react";
import { AttemptActs } from "./attempt-acts.tsx";
import { AttemptDiff } from "./attempt-diff.tsx";

const WORDS: Record<AttemptStatus, string> = {
  running: "Running",
  ready: "Ready",
  merging: "Merging…",
  merged: "Merged",
  discarding: "Discarding…",
  discarded: "Discarded",
  failed: "Failed",
};

export function AttemptItem({ attempt, canEdit }: { attempt: Attempt; canEdit: boolean }) {
  const { status, stats, problem, conflicts, pullRequest, compareUrl } = attempt;
  return (
    <li
      data-attempt-id={attempt.id}
      data-status={status}
      className={clsx("rounded-lg border border-line bg-surface p-3", status === "discarded" && "text-faint")}
    >
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <span role="status" className={clsx("font-semibold", status === "failed" && "text-blocked")}>
          {WORDS[status]}
        </span>
        <code className="min-w-0 truncate font-mono text-2xs text-soft" title={attempt.branch}>
          {attempt.branch}
        </code>
        <span className="text-2xs text-soft">
          {attempt.repository} → {attempt.base}
        </span>
        <span className="flex-1" />
        <span className="text-2xs text-faint">
          <TimeAgo at={attempt.createdAt} />
        </span>
      </div>
      {status === "running" && attempt.pending > 0 ? (
        <p className="mt-1 text-2xs text-soft">
          {attempt.pending === 1 ? "1 file changed so far" : `${attempt.pending} files changed so far`}
        </p>
      ) : null}
      {problem ? (
        <div className="mt-1.5 text-2xs text-blocked">
          <p className="wrap-anywhere">{problem.message}</p>
          {conflicts.length > 0 ? (
            <ul aria-label="Files in conflict" className="mt-0.5 list-disc pl-4 font-mono">
              {conflicts.map((path) => (
                <li key={path} className="wrap-anywhere">
                  {path}
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
      {stats.files > 0 ? (
        <AttemptDiff attempt={attempt} />
      ) : status === "ready" || status === "failed" ? (
        <p className="mt-1 text-2xs text-soft">Nothing was changed.</p>
      ) : null}
      <div className="mt-2 flex flex-wrap items-center gap-2 empty:hidden">
        {pullRequest ? <OutLink href={pullRequest.url}>Pull request #{pullRequest.number}</OutLink> : null}
        {!pullRequest && compareUrl ? <OutLink href={compareUrl}>Compare</OutLink> : null}
        {canEdit ? <AttemptActs attempt={attempt} /> : null}
      </div>
    </li>
  );
}

function OutLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      className="inline-flex items-center gap-1 text-2xs text-accent underline"
    >
      {children} <ExternalLink aria-hidden size={12} />
    </a>
  );
}
