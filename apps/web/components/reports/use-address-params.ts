"use client";
/**
 * The parameters that stand in the address now. The router's own word for them can stay behind for good when somebody goes
 * back twice while the first step is still being fetched; the address itself can't.
 */
import { useSearchParams } from "next/navigation";
import { useMemo, useSyncExternalStore } from "react";

export function useAddressParams(): Record<string, string> {
  // Read for its re-render after a `pushState`, and on the server, where there is no address.
  const routed = useSearchParams().toString();
  const search = useSyncExternalStore(
    onStep,
    () => window.location.search.replace(/^\?/, ""),
    () => routed,
  );
  return useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
}

function onStep(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  return () => window.removeEventListener("popstate", listener);
}
