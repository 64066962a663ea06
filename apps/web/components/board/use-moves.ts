"use client";
/**
 * Moves of plans: shown at once, asked of the server, and taken back by themselves when it says no.
 * A move under way is laid over the cached board; the cache itself holds only what the server answered, which the
 * client puts there by itself before the call resolves.
 */
import {
  canTransition,
  allowedTransitions,
  PLAN_STATUS_LABELS,
  type PlanStatus,
} from "@signalbox/catalog/plan-workflow";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useCallback, useMemo, useRef, useState } from "react";
import type { Plan } from "../../lib/records.ts";
import { refusalOf, statusWords } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { applyMoves, type Columns, columnsOf, findPlan, isInPlace, type Move } from "./board-model.ts";

interface Pending extends Move {
  key: number;
}

export interface Moves {
  /** The board as it will be once every move under way is answered. */
  columns: Columns;
  move: (move: Move) => void;
  /** Notes a change that this tab made in another way than by a move. */
  keepOwn: (plan: Plan) => void;
  /** True for plans whose newest change came from this tab: they don't glow. */
  isOwn: (plan: Plan) => boolean;
}

export function useMoves({ plans, announce }: { plans: readonly Plan[]; announce: (text: string) => void }): Moves {
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const nextKey = useRef(0);
  const ownVersions = useRef(new Map<string, number>());
  const tell = useTell();
  const { mutateAsync } = trpc.plan.move.useMutation();
  const columns = useMemo(() => applyMoves(columnsOf(plans), pending), [plans, pending]);

  const keepOwn = useCallback((plan: Plan) => {
    ownVersions.current.set(plan.id, plan.version);
  }, []);

  const move = useCallback(
    (asked: Move) => {
      const found = findPlan(columns, asked.planId);
      if (!found || isInPlace(columns, asked)) return;
      const { title, status: from } = found.plan;
      const refuse = (allowed: readonly PlanStatus[]) => {
        const description = `From ${PLAN_STATUS_LABELS[from]} a plan can move to ${statusWords(allowed)}.`;
        tell({ title: `“${title}” can't move to ${PLAN_STATUS_LABELS[asked.status]}`, description, tone: "problem" });
        announce(`${title} was not moved. ${description}`);
      };
      if (!canTransition(from, asked.status)) {
        refuse(allowedTransitions(from));
        return;
      }
      const key = nextKey.current++;
      setPending((before) => [...before, { ...asked, key }]);
      announce(`${title} moved to ${PLAN_STATUS_LABELS[asked.status]}.`);
      const { planId: id, status, before } = asked;
      mutateAsync({ id, status, ...(before === null ? {} : { before }) })
        .then(keepOwn)
        .catch((error: unknown) => {
          const refusal = refusalOf(error);
          if (refusal.code === "illegal-transition") refuse(refusal.allowed);
          else tell({ title: `“${title}” was not moved`, description: refusal.message, tone: "problem" });
        })
        .finally(() => setPending((now) => now.filter((each) => each.key !== key)));
    },
    [columns, announce, keepOwn, mutateAsync, tell],
  );

  const isOwn = useCallback(
    (plan: Plan) =>
      plan.version <= (ownVersions.current.get(plan.id) ?? 0) || pending.some((each) => each.planId === plan.id),
    [pending],
  );

  return { columns, move, keepOwn, isOwn };
}
