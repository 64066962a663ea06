/** What the drawing of a panel is given. It draws what is there, and neither reads nor keeps anything. */
import type { PanelData, PanelId, PanelParams } from "@signalbox/catalog/panels";
import type { ReactNode } from "react";

export interface DrawingProps<P extends PanelId> {
  data: PanelData<P>;
  params: PanelParams<P>;
}

export type Drawing<P extends PanelId> = (props: DrawingProps<P>) => ReactNode;
