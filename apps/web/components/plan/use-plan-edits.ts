"use client";
/** Edits of one plan: shown at once, asked of the server, taken back with a word when it says no. */
import { PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useState } from "react";
import type { Plan } from "../../lib/records.ts";
import { refusalOf, statusWords } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

export type PlanEdit = Partial<
  Pick<Plan, "title" | "description" | "assigneeId" | "estimate" | "sprintId" | "initiativeId">
>;

interface Pending {
  edit: PlanEdit & { status?: PlanStatus };
}

export interface PlanEdits {
  /** The plan as it will be once every edit under way is answered. */
  shown: Plan;
  isSaving: boolean;
  /** Resolves to whether it was kept; the person was told if not. */
  save: (edit: PlanEdit) => Promise<boolean>;
  moveTo: (status: PlanStatus) => Promise<boolean>;
}

export function usePlanEdits(plan: Plan): PlanEdits {
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const tell = useTell();
  const update = trpc.plan.update.useMutation();
  const move = trpc.plan.move.useMutation();

  const ask = async (edit: Pending["edit"], call: () => Promise<Plan>): Promise<boolean> => {
    const entry: Pending = { edit };
    setPending((now) => [...now, entry]);
    try {
      await call();
      return true;
    } catch (error) {
      const { code, message, allowed } = refusalOf(error);
      const description =
        code === "illegal-transition"
          ? `From ${PLAN_STATUS_LABELS[plan.status]} it can move to ${statusWords(allowed)}.`
          : message;
      tell({ title: "The change was not kept", description, tone: "problem" });
      return false;
    } finally {
      setPending((now) => now.filter((each) => each !== entry));
    }
  };

  return {
    shown: pending.reduce<Plan>((before, { edit }) => ({ ...before, ...edit }), plan),
    isSaving: pending.length > 0,
    save: (edit) => ask(edit, () => update.mutateAsync({ id: plan.id, ...edit })),
    moveTo: (status) => ask({ status }, () => move.mutateAsync({ id: plan.id, status })),
  };
}
