"use client";
/** A plan made in place: a title, Enter, and the next one; Escape or an empty title ends it. */
import { TITLE_MAX } from "@signalbox/catalog/bounds";
import { PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useState } from "react";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { useBoard } from "./board-context.ts";

export function NewPlan({ status, onDone }: { status: PlanStatus; onDone: () => void }) {
  const { workspaceId, keepOwn } = useBoard();
  const [title, setTitle] = useState("");
  const tell = useTell();
  const create = trpc.plan.create.useMutation();

  const submit = () => {
    const wanted = title.trim();
    if (wanted === "") {
      onDone();
      return;
    }
    setTitle("");
    create.mutate(
      { workspaceId, title: wanted, status },
      {
        onSuccess: keepOwn,
        onError: (error) => {
          setTitle((typed) => typed || wanted);
          tell({ title: "The plan was not made", description: refusalOf(error).message, tone: "problem" });
        },
      },
    );
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        // The person just asked for this field.
        autoFocus
        rows={2}
        maxLength={TITLE_MAX}
        value={title}
        aria-label={`Title of the new plan in ${PLAN_STATUS_LABELS[status]}`}
        placeholder="What is to be done? Enter adds it."
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => {
          if (title.trim() === "") onDone();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          submit();
        }}
        className="field field-sizing-content resize-none text-list"
      />
    </form>
  );
}
