"use client";
/** What an agent said and did in a turn, in the order in which it did, and what it waits to be told. */
import type { TurnView } from "@signalbox/catalog/turn-view";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { PartList } from "./part-list.tsx";
import { PermissionCard } from "./permission-card.tsx";
import { TodoList } from "./todo-list.tsx";
import { turnRows } from "./turn-rows.ts";
import { UsageLine } from "./usage-line.tsx";

interface TurnBodyProps {
  turnId: string;
  view: TurnView;
  isLive: boolean;
  canAnswer: boolean;
}

export function TurnBody({ turnId, view, isLive, canAnswer }: TurnBodyProps) {
  const { parts } = view;
  const isAsking = isLive && canAnswer;
  const [kept, keep] = useState(() => turnRows(parts, { isAsking }));
  const isCurrent = kept.parts === parts && kept.isAsking === isAsking;
  const rows = isCurrent ? kept : turnRows(parts, { isAsking, before: kept });
  if (!isCurrent) keep(rows);
  return (
    <div className="flex flex-col gap-2.5">
      {rows.partOf.length > 0 ? <PartList turnId={turnId} rows={rows} isLive={isLive} canAnswer={isAsking} /> : null}
      {/* Wherever its reader is in the turn: an agent that waits is not overlooked. */}
      {rows.questions.length > 0 ? (
        <div className="sticky bottom-14 z-10 mb-4 flex max-h-[40dvh] flex-col gap-2 overflow-y-auto rounded-md shadow-lg">
          {rows.questions.map((part) => (
            <PermissionCard key={part.requestId} turnId={turnId} part={part} canAnswer />
          ))}
        </div>
      ) : null}
      {isLive && view.rateLimited ? (
        <p className="flex items-center gap-1.5 rounded-md bg-degraded-wash px-2.5 py-1.5 text-degraded">
          <TriangleAlert aria-hidden size={14} /> The model's provider is limiting requests. The turn goes on as soon as
          it may.
        </p>
      ) : null}
      {view.todos.length > 0 ? <TodoList todos={view.todos} /> : null}
      <UsageLine usage={view.usage} />
    </div>
  );
}
