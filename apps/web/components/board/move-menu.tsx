"use client";
/** "Move to…": the statuses that this plan may take now, and no other. */
import { Menu } from "@base-ui/react/menu";
import { allowedTransitions, PLAN_STATUS_LABELS } from "@signalbox/catalog/plan-workflow";
import { Ellipsis } from "lucide-react";
import type { Plan } from "../../lib/records.ts";
import { MENU_ITEM } from "../ui/pick-menu.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { useBoard } from "./board-context.ts";

export function MoveMenu({ plan, isTabbable }: { plan: Plan; isTabbable: boolean }) {
  const { move } = useBoard();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={`Move “${plan.title}” to…`}
        tabIndex={isTabbable ? 0 : -1}
        className="press relative z-1 -mt-1 min-h-7 min-w-7 px-1 text-faint pointer-coarse:-mr-1 pointer-coarse:-mt-2 pointer-coarse:min-h-11 pointer-coarse:min-w-11 hover:bg-hover hover:text-ink data-popup-open:bg-hover"
      >
        <Ellipsis aria-hidden size={15} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="z-40 outline-none">
          <Menu.Popup className="popup min-w-44 p-1">
            <Menu.Group>
              <Menu.GroupLabel className="px-2 py-1 text-2xs font-medium text-faint">Move to…</Menu.GroupLabel>
              {allowedTransitions(plan.status).map((status) => (
                <Menu.Item
                  key={status}
                  className={MENU_ITEM}
                  onClick={() => move({ planId: plan.id, status, before: null })}
                >
                  <StatusMark status={status} />
                  {PLAN_STATUS_LABELS[status]}
                </Menu.Item>
              ))}
            </Menu.Group>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
