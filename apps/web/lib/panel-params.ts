/** A panel's parameters as they stand in an address: only what was given, checked by the panel's own schema. */
import { PANELS, type PanelId, type PanelParams } from "@signalbox/catalog/panels";

export type ReadParams<P extends PanelId> =
  | { ok: true; params: PanelParams<P> }
  /** Which parameter can't be what the address says, and what it says. */
  | { ok: false; field: string; value: string };

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the panel does not know is left alone: the address may carry other things. */
export function readPanelParams<P extends PanelId>(panelId: P, query: Query): ReadParams<P> {
  const { input } = PANELS[panelId];
  const given = Object.fromEntries(
    Object.keys(input.shape).flatMap((field) => {
      const value = query[field];
      const text = typeof value === "string" ? value : value?.[0];
      return text ? [[field, text]] : [];
    }),
  );
  const parsed = input.safeParse(given);
  if (parsed.success) return { ok: true, params: asParams<P>(given) };
  const field = String(parsed.error.issues[0]?.path[0] ?? "");
  return { ok: false, field, value: given[field] ?? "" };
}

/** `?period=7d`, or nothing where all is as by default. */
export function panelQuery(params: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(params).flatMap(([field, value]) =>
    typeof value === "string" || typeof value === "number" ? [[field, String(value)]] : [],
  );
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}

/** Parameters that were stored with a tile: null where this version's panel can't take them. */
export function storedParams<P extends PanelId>(panelId: P, params: Record<string, unknown>): PanelParams<P> | null {
  return PANELS[panelId].input.safeParse(params).success ? asParams<P>(params) : null;
}

/** Guarantee: the panel's schema has just accepted it. */
function asParams<P extends PanelId>(given: Record<string, unknown>): PanelParams<P> {
  return given as PanelParams<P>;
}
