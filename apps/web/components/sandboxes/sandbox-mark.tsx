/** How a sandbox stands: a shape and a word. One that is none says so before anything else. */
import type { SandboxKind, SandboxState } from "@signalbox/catalog/sandbox-entry";
import { clsx } from "clsx";
import { OctagonX, Shield, ShieldAlert, ShieldCheck } from "lucide-react";
import { kindWords, stateWord } from "./sandbox-words.ts";

export function SandboxMark({ kind, state }: { kind: SandboxKind; state: SandboxState }) {
  const isFailed = state === "failed";
  const Icon = isFailed ? OctagonX : kind === "none" ? ShieldAlert : state === "up" ? ShieldCheck : Shield;
  const colour = isFailed ? "text-blocked" : state === "up" && kind !== "none" ? "text-complete" : "text-soft";
  return (
    <span className={clsx("inline-flex shrink-0 items-center gap-1.5 font-medium", colour)}>
      <Icon aria-hidden size={14} />
      {stateWord(state)}
      {kind === "none" ? <span className="font-normal">· {kindWords(kind).toLowerCase()}</span> : null}
    </span>
  );
}
