"use client";
/** A choice of panels behind a button: to add a tile, or to put another panel in one's place. */
import { Menu } from "@base-ui/react/menu";
import { PANEL_IDS, PANELS, type PanelId } from "@signalbox/catalog/panels";
import type { ReactNode } from "react";
import { MENU_ITEM } from "../ui/pick-menu.tsx";

interface PanelMenuProps {
  onPick: (panelId: PanelId) => void;
  className?: string;
  children: ReactNode;
}

export function PanelMenu({ onPick, className = "", children }: PanelMenuProps) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={`press border border-line-strong hover:bg-hover ${className}`}>{children}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="z-40 outline-none">
          <Menu.Popup className="popup max-h-96 w-72 overflow-y-auto p-1">
            {PANEL_IDS.map((panelId) => (
              <Menu.Item key={panelId} className={`${MENU_ITEM} items-start`} onClick={() => onPick(panelId)}>
                <span>
                  <span className="block font-medium">{PANELS[panelId].title}</span>
                  <span className="block text-2xs text-soft">{PANELS[panelId].summary}</span>
                </span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
