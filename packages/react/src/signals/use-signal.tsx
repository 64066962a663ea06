"use client";
import type { Signal, SignalIds, SignalName } from "@signalbox/catalog/signals";
import { useEffect, useRef } from "react";
import { useLive } from "./live-provider.tsx";

/** A signal of one of these names, with the ids that the catalog says it names. */
export type SignalOf<N extends SignalName> = Omit<Signal, "name" | "ids"> &
  { [K in N]: { name: K; ids: SignalIds<K> } }[N];

/** The records that signals of all these names name. */
export type SignalFilter<N extends SignalName> = Partial<
  Record<Extract<keyof { [K in N]: SignalIds<K> }[N], string>, string>
>;

/**
 * Hears the signals of these names that name exactly these records (none given: any), for what no query can express: a
 * glow, a sound. Data is kept current without it. The stream is not touched by components that come and go.
 */
export function useSignal<const N extends SignalName>(
  names: readonly N[],
  ids: SignalFilter<N>,
  handler: (signal: SignalOf<N>) => void,
): void {
  const live = useLive();
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  // Callers write names and ids in place: only their content may decide.
  const key = JSON.stringify([names, ids]);
  useEffect(() => {
    const match = readMatch<N>(key);
    return live.listen(match, (signal) => {
      if (isOneOf(match.names, signal)) latest.current(signal);
    });
  }, [live, key]);
}

interface Match<N> {
  names: readonly N[];
  ids: Readonly<Record<string, string>>;
}

/** Guarantee: the text was made from names and ids in the same render. */
function readMatch<N>(key: string): Match<N> {
  const [names, ids] = JSON.parse(key) as [N[], Record<string, string>];
  return { names, ids };
}

/** Guarantee: a signal that passed the wire names what its catalog entry says. */
function isOneOf<N extends SignalName>(names: readonly N[], signal: Signal): signal is Signal & SignalOf<N> {
  return names.some((name) => name === signal.name);
}
