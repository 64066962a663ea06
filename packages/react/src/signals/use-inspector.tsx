"use client";
import type { InspectorSnapshot } from "@signalbox/client/inspector/inspector";
import type { StreamTraffic } from "@signalbox/client/streams/hold-stream";
import { useSyncExternalStore } from "react";
import { useLive } from "./live-provider.tsx";

export interface InspectorHandle extends InspectorSnapshot {
  toggle(): void;
  /** Attempts of this tab and bytes of the browser's stream, now. */
  traffic(): StreamTraffic;
}

const CLOSED: InspectorSnapshot = { isOpen: false, events: [], dropped: 0 };

/** What the live parts of this tab did since the inspector was opened. A closed one holds nothing and renders nothing. */
export function useInspector(): InspectorHandle {
  const { inspector, toggleInspector, traffic } = useLive();
  const snapshot = useSyncExternalStore(inspector.subscribe, inspector.snapshot, () => CLOSED);
  return { ...snapshot, toggle: toggleInspector, traffic };
}
