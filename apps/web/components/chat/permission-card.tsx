"use client";
/** The agent asks before it acts: the question, and the answers it offers. An answer counts once, from whoever gives it first. */
import type { PermissionPart } from "@signalbox/catalog/turn-view";
import { trpc } from "@signalbox/react/signalbox-provider";
import { ShieldQuestion } from "lucide-react";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

interface PermissionCardProps {
  turnId: string;
  part: PermissionPart;
  /** False when the turn is over, or the reader may only read. */
  canAnswer: boolean;
}

export function PermissionCard({ turnId, part, canAnswer }: PermissionCardProps) {
  const tell = useTell();
  const answer = trpc.turn.answer.useMutation({
    onError: (error) =>
      tell({ title: "The answer did not arrive", description: refusalOf(error).message, tone: "problem" }),
  });
  const isOpen = part.resolved === null && canAnswer;
  const isSent = answer.isPending || answer.isSuccess;

  return (
    <section
      aria-label="The agent asks for permission"
      data-permission={part.requestId}
      className={`rounded-md border px-3 py-2.5 ${isOpen ? "border-accent bg-accent-wash" : "border-line bg-surface"}`}
    >
      <p className="flex items-start gap-2">
        <ShieldQuestion aria-hidden size={15} className="mt-0.5 shrink-0 text-accent" />
        <span className="min-w-0 wrap-anywhere">{part.title}</span>
      </p>
      {isOpen ? (
        <div className="mt-2 flex flex-wrap gap-2 pl-6">
          {part.options.map(({ optionId, name, kind }) => (
            <button
              key={optionId}
              type="button"
              disabled={isSent}
              onClick={() => answer.mutate({ turnId, requestId: part.requestId, optionId })}
              className={`press ${kind.startsWith("allow") ? "bg-accent text-accent-ink" : "border border-line-strong bg-surface hover:bg-hover"}`}
            >
              {name}
            </button>
          ))}
        </div>
      ) : (
        <p className="mt-1 pl-6 text-2xs text-soft">{verdict(part)}</p>
      )}
    </section>
  );
}

function verdict({ resolved, options }: PermissionPart): string {
  if (resolved === null) return "It was not answered.";
  if (resolved.outcome === "cancelled") return "The question was withdrawn.";
  const answer = options.find((option) => option.optionId === resolved.optionId)?.name ?? "yes";
  switch (resolved.by) {
    case "policy":
      return `Answered by the agent's policy: ${answer}.`;
    case "memory":
      return `Answered as before in this chat: ${answer}.`;
    case "person":
    case undefined:
      return `Answered: ${answer}.`;
  }
}
