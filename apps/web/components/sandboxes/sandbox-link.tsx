"use client";
/** The way from a run or a turn to what holds its agent. That nothing does is said in words, and why on hover. */
import type { SandboxKind } from "@signalbox/catalog/sandbox-entry";
import { clsx } from "clsx";
import { Shield, ShieldAlert } from "lucide-react";
import Link from "next/link";
import { useParams } from "next/navigation";
import { sandboxHref } from "../../lib/places.ts";
import { kindWords } from "./sandbox-words.ts";

interface SandboxLinkProps {
  sandboxId: string;
  kind: SandboxKind;
  reason?: string | undefined;
}

export function SandboxLink({ sandboxId, kind, reason }: SandboxLinkProps) {
  const { workspaceId } = useParams<{ workspaceId: string }>();
  const Icon = kind === "none" ? ShieldAlert : Shield;
  return (
    <Link
      href={sandboxHref(workspaceId, sandboxId)}
      prefetch={false}
      title={reason ?? "Its network log: what its agent reached, and what was blocked"}
      className={clsx(
        "relative z-1 inline-flex items-center gap-1 hover:underline pointer-coarse:min-h-11",
        kind === "none" ? "text-soft" : "text-faint",
      )}
    >
      <Icon aria-hidden size={12} />
      {kindWords(kind)}
    </Link>
  );
}
