"use client";
/** A sandbox in a list: whose work it holds, how it stands, and how much went out. */
import { clsx } from "clsx";
import Link from "next/link";
import { sandboxHref } from "../../lib/places.ts";
import type { Sandbox } from "../../lib/records.ts";
import { TimeAgo } from "../ui/time.tsx";
import { SandboxMark } from "./sandbox-mark.tsx";

export function SandboxRow({ workspaceId, sandbox }: { workspaceId: string; sandbox: Sandbox }) {
  const isOver = sandbox.wentAt !== null;
  return (
    <li
      data-sandbox-id={sandbox.id}
      className="relative flex min-h-8 flex-wrap items-center gap-x-3 gap-y-0.5 px-4 py-1.5"
    >
      <SandboxMark kind={sandbox.kind} state={sandbox.state} />
      <Link
        href={sandboxHref(workspaceId, sandbox.id)}
        prefetch={false}
        className={clsx(
          "min-w-0 flex-1 truncate hover:underline max-sm:order-first max-sm:basis-full",
          isOver ? "text-soft" : "font-medium",
        )}
      >
        {sandbox.title}
      </Link>
      <RequestCounts allowed={sandbox.allowed} blocked={sandbox.blocked} />
      <span className="text-2xs text-faint">
        {isOver ? "went " : "began "}
        <TimeAgo at={sandbox.wentAt ?? sandbox.startedAt} />
      </span>
    </li>
  );
}

export function RequestCounts({ allowed, blocked }: { allowed: number; blocked: number }) {
  if (allowed + blocked === 0) return <span className="text-2xs text-faint">no requests</span>;
  return (
    <span data-number className="text-2xs text-soft">
      {allowed} allowed · {blocked} blocked
    </span>
  );
}
