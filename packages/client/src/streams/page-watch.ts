import type { Stop } from "../clock.ts";

/** What a browser tells about itself that matters to a stream. In Node nothing is ever told. */
export interface PageListener {
  /** The page was shown again or the network came back: dead connections should be found out now. */
  woke(): void;
  networkLost(): void;
  networkBack(): void;
}

/** Where page and network events come from; injectable so that tests need no browser. */
export type PageWatch = (listener: PageListener) => Stop;

export const watchPage: PageWatch = (listener) => {
  if (typeof window === "undefined" || typeof document === "undefined") return () => undefined;
  const stopping = new AbortController();
  const { signal } = stopping;
  window.addEventListener(
    "online",
    () => {
      listener.networkBack();
      listener.woke();
    },
    { signal },
  );
  window.addEventListener("offline", () => listener.networkLost(), { signal });
  // Also a page that comes back from the back-forward cache.
  window.addEventListener("pageshow", () => listener.woke(), { signal });
  window.addEventListener("focus", () => listener.woke(), { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible") listener.woke();
    },
    { signal },
  );
  if ("onLine" in navigator && !navigator.onLine) listener.networkLost();
  return () => stopping.abort();
};

/** Tells whether anybody can see the page: once at the start where nobody can, then at each change. */
export type VisibilityWatch = (listener: (isHidden: boolean) => void) => Stop;

export const watchVisibility: VisibilityWatch = (listener) => {
  if (typeof document === "undefined") return () => undefined;
  const tell = () => listener(document.visibilityState === "hidden");
  document.addEventListener("visibilitychange", tell);
  if (document.visibilityState === "hidden") listener(true);
  return () => document.removeEventListener("visibilitychange", tell);
};
