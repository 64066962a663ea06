"use client";
/** Moving over the board by keyboard: arrows go from card to card, and with Alt held they take the card along. */
import {
  allowedTransitions,
  PLAN_STATUSES,
  PLAN_STATUS_LABELS,
  type PlanStatus,
} from "@signalbox/catalog/plan-workflow";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { statusWords } from "../../lib/refusal.ts";
import { type Columns, findPlan, type Move, moveWithin } from "./board-model.ts";

interface BoardKeysOptions {
  columns: Columns;
  canEdit: boolean;
  move: (move: Move) => void;
  activate: (planId: string) => void;
  /** On a narrow screen one column is shown at a time: the one that the focus enters. */
  showColumn: (status: PlanStatus) => void;
  announce: (text: string) => void;
}

export function useBoardKeys({ columns, canEdit, move, activate, showColumn, announce }: BoardKeysOptions) {
  const root = useRef<HTMLDivElement>(null);
  const focusNext = useRef<string | null>(null);

  const focusCard = (planId: string) => {
    activate(planId);
    cardLink(root.current, planId)?.focus();
  };

  // A card that changes its column is a new element: the focus follows it there.
  useEffect(() => {
    const planId = focusNext.current;
    if (planId === null) return;
    const link = cardLink(root.current, planId);
    if (!link || document.activeElement === link) return;
    focusNext.current = null;
    link.focus();
  });

  const take = (planId: string, key: string) => {
    const found = findPlan(columns, planId);
    if (!found) return;
    if (key === "ArrowUp" || key === "ArrowDown") {
      const within = moveWithin(columns, planId, key === "ArrowDown" ? 1 : -1);
      if (within) move(within);
      else announce(`${found.plan.title} is already ${key === "ArrowDown" ? "last" : "first"}.`);
      return;
    }
    const allowed = allowedTransitions(found.plan.status);
    const status = nextStatus(found.plan.status, key === "ArrowRight" ? 1 : -1, (each) => allowed.includes(each));
    if (!status) {
      announce(
        `${found.plan.title} is ${PLAN_STATUS_LABELS[found.plan.status]} and can move to ${statusWords(allowed)}.`,
      );
      return;
    }
    focusNext.current = planId;
    showColumn(status);
    move({ planId, status, before: columns[status][0]?.id ?? null });
  };

  const go = (planId: string, key: string) => {
    const found = findPlan(columns, planId);
    if (!found) return;
    const { plan, index } = found;
    if (key === "ArrowUp" || key === "ArrowDown") {
      const next = columns[plan.status][index + (key === "ArrowDown" ? 1 : -1)];
      if (next) focusCard(next.id);
      return;
    }
    const status = nextStatus(plan.status, key === "ArrowRight" ? 1 : -1, (each) => columns[each].length > 0);
    const next = status && columns[status][Math.min(index, columns[status].length - 1)];
    if (!next) return;
    showColumn(next.status);
    focusNext.current = next.id;
    focusCard(next.id);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const card = event.target instanceof HTMLAnchorElement ? event.target.closest<HTMLElement>("[data-plan-id]") : null;
    const planId = card?.dataset["planId"];
    if (!planId || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "m" && !event.altKey) {
      card.querySelector<HTMLElement>("button")?.click();
      event.preventDefault();
      return;
    }
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    if (!event.altKey) go(planId, event.key);
    else if (canEdit) take(planId, event.key);
  };

  return { root, onKeyDown };
}

function cardLink(root: HTMLElement | null, planId: string): HTMLElement | null {
  return root?.querySelector<HTMLElement>(`[data-plan-id="${CSS.escape(planId)}"] a`) ?? null;
}

function nextStatus(from: PlanStatus, by: 1 | -1, isWanted: (status: PlanStatus) => boolean): PlanStatus | null {
  const order = by === 1 ? PLAN_STATUSES : PLAN_STATUSES.toReversed();
  return order.slice(order.indexOf(from) + 1).find(isWanted) ?? null;
}
