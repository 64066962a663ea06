/** What the query of a live panel is given: a snapshot of the workspace, and the moment for which it computes. */
import type { FullPanelParams, PanelData, PanelId } from "@signalbox/catalog/panels";
import type { Scope } from "../access/scope.ts";
import type { Tx } from "../store/store.ts";
import type { PriceList } from "../usage/prices.ts";

export interface LiveRead {
  tx: Tx;
  scope: Scope;
  now: Date;
  /** The workspace's local day at `now`. */
  today: string;
  prices: PriceList;
}

/** Throws `bad-request` naming a parameter that names nothing in this workspace. */
export type LiveQuery<P extends PanelId> = (read: LiveRead, params: FullPanelParams<P>) => Promise<PanelData<P>>;
