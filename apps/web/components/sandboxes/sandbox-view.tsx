"use client";
/** A sandbox's page: how it stands, what its operator's owner allows it, and what went out of it. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { useSandboxLog } from "@signalbox/react/sandboxes/use-sandbox-log";
import { ShieldAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { planHref } from "../../lib/places.ts";
import type { SandboxDetail } from "../../lib/records.ts";
import { Elapsed, TimeAgo } from "../ui/time.tsx";
import { NetworkLog } from "./network-log.tsx";
import { SandboxMark } from "./sandbox-mark.tsx";

export function SandboxView({ workspaceId, sandboxId }: { workspaceId: string; sandboxId: string }) {
  const { data: sandbox } = trpc.sandbox.get.useQuery({ id: sandboxId });
  const log = useSandboxLog(sandboxId);
  if (!sandbox) return null;
  return (
    <div className="mx-auto flex h-full w-full max-w-5xl flex-col gap-4 px-6 py-6 max-sm:px-3 max-sm:py-4">
      <header>
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-2xs text-faint">
          <SandboxMark kind={sandbox.kind} state={sandbox.state} />
          <span title="How long it was there">
            <Elapsed from={sandbox.startedAt} to={sandbox.wentAt} />
          </span>
          <span>
            began <TimeAgo at={sandbox.startedAt} />
          </span>
          <span>on {sandbox.operatorName}</span>
        </p>
        <h1 className="mt-1 text-title font-semibold">Sandbox of “{sandbox.title}”</h1>
        <p className="mt-1">
          <Link
            href={`${planHref(workspaceId, sandbox.planId)}?tab=chat`}
            prefetch={false}
            className="text-accent underline"
          >
            To its plan and chat
          </Link>
        </p>
      </header>
      <Reason sandbox={sandbox} />
      <Policy sandbox={sandbox} />
      <NetworkLog
        log={log}
        kind={sandbox.kind}
        state={sandbox.state}
        allowed={sandbox.allowed}
        blocked={sandbox.blocked}
      />
    </div>
  );
}

function Reason({ sandbox: { kind, state, reason } }: { sandbox: SandboxDetail }) {
  if (kind !== "none" && state !== "failed") return null;
  return (
    <p
      role="note"
      className="flex max-w-[72ch] items-start gap-2 rounded-lg border border-line-strong bg-sunken px-3 py-2 text-body"
    >
      <ShieldAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
      <span>
        {kind === "none" ? <strong className="font-semibold">Nothing holds this agent. </strong> : null}
        {reason ?? "It failed."}
      </span>
    </p>
  );
}

function Policy({ sandbox: { folder, policy, kind } }: { sandbox: SandboxDetail }) {
  if (kind === "none") return null;
  return (
    <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1.5 max-sm:grid-cols-1 max-sm:gap-y-0.5">
      <Fact name="May write">
        <Code>{folder}</Code>
        {policy.allowWrite.map((path) => (
          <Code key={path}>{path}</Code>
        ))}
      </Fact>
      <Fact name="May reach">
        {policy.allowedDomains.length === 0 ? (
          <span className="text-soft">nothing but its model’s gateway, where it has one</span>
        ) : (
          policy.allowedDomains.map((rule) => <Code key={rule}>{rule}</Code>)
        )}
      </Fact>
      <Fact name="Can’t read">
        <span className="text-soft">the operator’s own folder</span>
        {policy.denyRead.map((path) => (
          <Code key={path}>{path}</Code>
        ))}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-soft max-sm:mt-1">{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">{children}</dd>
    </>
  );
}

function Code({ children }: { children: string }) {
  return <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-2xs wrap-anywhere">{children}</code>;
}
