"use client";
/** A plan: what it is on the left, the chat with its agent on the right; one after the other where there is less room. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { clsx } from "clsx";
import Link from "next/link";
import { useState } from "react";
import { placeHref } from "../../lib/places.ts";
import type { Plan } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { Attempts } from "../attempts/attempts.tsx";
import { ChatPanel } from "../chat/chat-panel.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { TimeAgo } from "../ui/time.tsx";
import { PlanDescription } from "./plan-description.tsx";
import { PlanProperties } from "./plan-properties.tsx";
import { PLAN_TAB_NAMES, PLAN_TABS, type PlanTab } from "./plan-tab.ts";
import { PlanTitle } from "./plan-title.tsx";
import { RemovePlan } from "./remove-plan.tsx";
import { usePlanEdits } from "./use-plan-edits.ts";

interface PlanViewProps {
  workspaceId: string;
  planId: string;
  initialTab: PlanTab;
}

export function PlanView({ workspaceId, planId, initialTab }: PlanViewProps) {
  const { data: plan, error } = trpc.plan.get.useQuery({ id: planId });
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const [tab, setTab] = useState(initialTab);

  if (!plan || (error && refusalOf(error).code === "not-found")) return <PlanGone workspaceId={workspaceId} />;
  const canEdit = role !== undefined && role !== "viewer";
  return (
    <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
      {/* The visible title is a field, and on a narrow screen it is away while the chat is shown. */}
      <h1 className="sr-only">{plan.title}</h1>
      <PlanTabs
        tab={tab}
        onChoose={(chosen) => {
          setTab(chosen);
          window.history.replaceState(null, "", `?tab=${chosen}`);
        }}
      />
      <div className={clsx("min-w-0 flex-1 px-8 py-6 max-lg:px-4 max-lg:py-5", tab !== "details" && "max-sm:hidden")}>
        <PlanDetails workspaceId={workspaceId} plan={plan} canEdit={canEdit} />
      </div>
      <div
        className={clsx(
          "flex min-w-0 shrink-0 flex-col border-line bg-surface lg:sticky lg:top-12 lg:h-[calc(100dvh-3rem)] lg:w-[clamp(24rem,36vw,44rem)] lg:border-l",
          "max-lg:h-[80dvh] max-lg:border-t max-sm:h-[calc(100dvh-3rem-2.75rem-3.5rem-env(safe-area-inset-bottom))] max-sm:border-t-0",
          tab !== "chat" && "max-sm:hidden",
        )}
      >
        <ChatPanel workspaceId={workspaceId} planId={planId} canEdit={canEdit} />
      </div>
    </div>
  );
}

function PlanDetails({ workspaceId, plan, canEdit }: { workspaceId: string; plan: Plan; canEdit: boolean }) {
  const { shown, isSaving, save, moveTo } = usePlanEdits(plan);
  return (
    <article className="mx-auto flex max-w-3xl flex-col gap-5">
      <PlanTitle title={shown.title} canEdit={canEdit} onSave={(title) => void save({ title })} />
      <PlanProperties
        workspaceId={workspaceId}
        plan={shown}
        settledStatus={plan.status}
        canEdit={canEdit}
        onSave={(edit) => void save(edit)}
        onMove={(status) => void moveTo(status)}
      />
      <PlanDescription
        description={shown.description}
        canEdit={canEdit}
        onSave={(description) => save({ description })}
      />
      <Attempts workspaceId={workspaceId} planId={plan.id} canEdit={canEdit} />
      <footer className="flex min-h-8 items-center gap-2 border-t border-line pt-3 text-2xs text-faint">
        <span aria-live="polite" className="flex-1">
          {isSaving ? (
            "Saving…"
          ) : (
            <>
              Changed <TimeAgo at={plan.updatedAt} />
            </>
          )}
        </span>
        {canEdit ? <RemovePlan workspaceId={workspaceId} plan={plan} /> : null}
      </footer>
    </article>
  );
}

function PlanTabs({ tab, onChoose }: { tab: PlanTab; onChoose: (tab: PlanTab) => void }) {
  return (
    <nav
      aria-label="Parts of the plan"
      className="grid h-11 shrink-0 grid-cols-2 border-b border-line bg-canvas sm:hidden"
    >
      {PLAN_TABS.map((each) => (
        <a
          key={each}
          href={`?tab=${each}`}
          aria-current={each === tab ? "true" : undefined}
          onClick={(event) => {
            event.preventDefault();
            onChoose(each);
          }}
          className="flex items-center justify-center border-b-2 border-transparent font-medium text-soft aria-[current]:border-accent aria-[current]:text-ink"
        >
          {PLAN_TAB_NAMES[each]}
        </a>
      ))}
    </nav>
  );
}

function PlanGone({ workspaceId }: { workspaceId: string }) {
  return (
    <div className="mx-auto w-full max-w-xl p-6">
      <EmptyState title="This plan is gone">
        It was removed, or it is no longer open to you.{" "}
        <Link href={placeHref(workspaceId, "board")} className="text-accent underline">
          Back to the board
        </Link>
      </EmptyState>
    </div>
  );
}
