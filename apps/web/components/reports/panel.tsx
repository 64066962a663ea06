"use client";
/**
 * A panel as it stands on a page or a tile: its drawing, and below it how current it is. What it shows stays while it is
 * read again, while other numbers are asked for, and while the connection is lost; each of these is said.
 */
import { PANELS, type PanelId, type PanelParams } from "@signalbox/catalog/panels";
import { usePanel, type PanelView } from "@signalbox/react/reports/use-panel";
import { clsx } from "clsx";
import { CalendarClock, CloudOff, Radio } from "lucide-react";
import { createElement } from "react";
import { refusalOf } from "../../lib/refusal.ts";
import { exactUtc } from "../../lib/format/time-words.ts";
import { useHydrated } from "../ui/clock.tsx";
import { drawingOf } from "./drawings/drawings.ts";

interface PanelProps<P extends PanelId> {
  workspaceId: string;
  panelId: P;
  params: PanelParams<P>;
}

export function Panel<P extends PanelId>({ workspaceId, panelId, params }: PanelProps<P>) {
  const view = usePanel({ workspaceId, panelId, params });
  return <PanelBody panelId={panelId} params={params} view={view} refusal={null} />;
}

interface PanelBodyProps<P extends PanelId> {
  panelId: P;
  params: PanelParams<P>;
  view: PanelView<P>;
  /** Why the server refused it when the page was rendered; null where it did not. */
  refusal: string | null;
}

export function PanelBody<P extends PanelId>({ panelId, params, view, refusal }: PanelBodyProps<P>) {
  const { answer } = view;
  return (
    <div data-panel={panelId} aria-busy={view.isChanging} className="flex min-w-0 flex-1 flex-col gap-3">
      <div className={clsx("min-w-0 flex-1 transition-opacity", view.isChanging && "opacity-60")}>
        {answer ? (
          createElement(drawingOf(panelId), { data: answer.data, params })
        ) : (
          <NothingYet panelId={panelId} error={view.error} refusal={refusal} />
        )}
      </div>
      {answer ? <HowCurrent view={view} /> : null}
    </div>
  );
}

function NothingYet({ panelId, error, refusal }: { panelId: PanelId; error: unknown; refusal: string | null }) {
  const message = error ? refusalOf(error).message : refusal;
  if (message) {
    return (
      <p role="alert" className="rounded-md bg-blocked-wash px-3 py-2">
        {message}
      </p>
    );
  }
  return <p className="py-8 text-center text-faint">Reading {PANELS[panelId].title.toLowerCase()}…</p>;
}

function HowCurrent<P extends PanelId>({ view: { answer, freshness, isStale } }: { view: PanelView<P> }) {
  const asOf = answer?.asOf ?? null;
  if (freshness === "static") return null;
  const Icon = isStale ? CloudOff : freshness === "daily" ? CalendarClock : Radio;
  return (
    <p
      data-freshness={isStale ? "stale" : freshness}
      className={clsx(
        "flex flex-wrap items-center gap-x-1.5 text-2xs",
        isStale ? "self-start rounded bg-degraded-wash px-1.5 py-0.5 font-medium text-degraded" : "text-faint",
      )}
    >
      <Icon aria-hidden size={12} />
      {isStale ? "Not current: " : freshness === "daily" ? "Updated daily" : "Live,"}
      {asOf ? (
        <>
          {freshness === "daily" ? ", captured " : " as of "}
          <Moment at={asOf} hasDay={freshness === "daily"} />
        </>
      ) : (
        ", nothing captured yet"
      )}
    </p>
  );
}

/** The exact moment: in UTC until the browser, which knows the reader's zone, has taken over. */
function Moment({ at, hasDay }: { at: Date; hasDay: boolean }) {
  const isHydrated = useHydrated();
  const local = hasDay
    ? at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })
    : at.toLocaleTimeString(undefined, { timeStyle: "medium" });
  return <time dateTime={at.toISOString()}>{isHydrated ? local : exactUtc(at.getTime())}</time>;
}
