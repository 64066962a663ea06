"use client";
import type { Freshness } from "@signalbox/catalog/define-panels";
import { PANELS, type PanelAnswer, type PanelId, type PanelParams } from "@signalbox/catalog/panels";
import { DAILY_LOOK_MS } from "@signalbox/catalog/timing";
import type { ConnectionState } from "@signalbox/client/signals/connection-state";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../signalbox-provider.tsx";
import { useConnection } from "../signals/live-provider.tsx";
import { useStatePoll } from "../signals/use-state-poll.tsx";
import { liveness, type Liveness } from "../signals/liveness.tsx";

export interface PanelView<P extends PanelId> {
  /** What is shown; undefined only until the first answer. A read under way never takes it away. */
  answer: PanelAnswer<P> | undefined;
  freshness: Freshness["kind"];
  /** Other numbers were asked for, and the ones shown are still those before. */
  isChanging: boolean;
  /** A live panel whose connection is lost, or whose last read failed: what it shows may be behind. */
  isStale: boolean;
  error: unknown;
}

/** A panel, kept as current as its freshness says. Its parameters may change: the numbers before stay until the new ones are there. */
export function usePanel<P extends PanelId>(request: {
  workspaceId: string;
  panelId: P;
  params: PanelParams<P>;
}): PanelView<P> {
  const freshness: Freshness = PANELS[request.panelId].freshness;
  const [spread] = useState(Math.random);
  const connection = useConnection();
  const utils = trpc.useUtils();
  useStatePoll(pollAddress(request), () => void utils.report.read.invalidate(anyPanel(request)));
  const query = trpc.report.read.useQuery(anyPanel(request), {
    meta: liveness(livenessFor(freshness)),
    placeholderData: keepPreviousData,
    // No signal reads a daily panel, so one that is left open looks for the next day by itself.
    refetchInterval:
      freshness.kind === "daily" ? ({ state }) => untilNextDay(state.data?.asOf ?? null, Date.now(), spread) : false,
    refetchIntervalInBackground: true,
  });
  return {
    answer: asAnswer<P>(query.data, request.panelId),
    freshness: freshness.kind,
    isChanging: query.isPlaceholderData,
    isStale: freshness.kind === "live" && query.data !== undefined && (isCut(connection) || query.isError),
    error: query.error,
  };
}

/** Where a panel's answer has an address of its own; the others hear of changes by polled signals alone. */
function pollAddress({ workspaceId, panelId, params }: AnyPanel): string | null {
  if (panelId !== "usage") return null;
  return `/api/usage/summary?${new URLSearchParams({ ...params, workspaceId })}`;
}

/** True while nothing tells of changes. A client that polls and is answered hears of them a little later. */
function isCut(connection: ConnectionState): boolean {
  if (connection.name === "polling") return connection.answers === "failing";
  return connection.name === "backoff" || connection.name === "needs-auth" || connection.name === "stopped";
}

function livenessFor(freshness: Freshness): Liveness {
  return freshness.kind === "live" ? { mode: "panel", subjects: freshness.subjects } : { mode: freshness.kind };
}

const DAY_MS = 24 * 3_600_000;

/** Milliseconds until a look is worth while: a day after the last capture, spread over some minutes; then every hour. */
export function untilNextDay(asOf: Date | null, now: number, spread: number): number {
  const due = asOf ? asOf.getTime() + DAY_MS - now : 0;
  return Math.max(due, due > 0 ? 0 : DAILY_LOOK_MS) + (1 + spread) * 120_000;
}

/** The request as one for any panel: which one it is doesn't matter from here on. */
function anyPanel(request: AnyPanel): AnyPanel {
  return request;
}

interface AnyPanel {
  workspaceId: string;
  panelId: PanelId;
  params: object;
}

/** Guarantee: the server answers with the panel that was asked for; one that was shown in its place before counts as none. */
function asAnswer<P extends PanelId>(answer: PanelAnswer | undefined, panelId: P): PanelAnswer<P> | undefined {
  return answer?.panelId === panelId ? (answer as PanelAnswer<P>) : undefined;
}
