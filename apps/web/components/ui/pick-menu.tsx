"use client";
/** One choice out of a few, behind a button: a status, a person, a sprint. Arrow keys and letters move, Escape leaves it. */
import { Menu } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactNode } from "react";

export interface Choice {
  value: string;
  label: string;
  mark?: ReactNode;
}

interface PickMenuProps {
  /** What is chosen here, for readers: "Status", "Assignee". */
  label: string;
  value: string;
  choices: readonly Choice[];
  onPick: (value: string) => void;
  disabled?: boolean;
  align?: "start" | "end";
  className?: string;
  /** What is chosen now, in words. */
  children: ReactNode;
}

export function PickMenu({
  label,
  value,
  choices,
  onPick,
  disabled,
  align = "start",
  className = "",
  children,
}: PickMenuProps) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger disabled={disabled ?? false} className={`press data-popup-open:bg-hover ${className}`}>
        <span className="sr-only">{label}: </span>
        {children}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align={align} sideOffset={4} className="z-40 outline-none">
          <Menu.Popup className="popup max-h-80 min-w-48 overflow-y-auto p-1" aria-label={label}>
            <Menu.RadioGroup value={value} onValueChange={(picked) => onPick(String(picked))}>
              {choices.map((choice) => (
                <Menu.RadioItem key={choice.value} value={choice.value} closeOnClick className={MENU_ITEM}>
                  {choice.mark}
                  <span className="flex-1 truncate">{choice.label}</span>
                  <Menu.RadioItemIndicator>
                    <Check aria-hidden size={14} />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** How an item of any menu looks. */
export const MENU_ITEM =
  "flex min-h-8 items-center gap-2 rounded px-2 py-1 text-list outline-none select-none data-highlighted:bg-hover pointer-coarse:min-h-11";
