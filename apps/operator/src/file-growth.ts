/** Tells when a file has grown: by the file system's events, with a poll behind them where those are lost. */
import { watch, type FSWatcher } from "node:fs";
import { TAIL_BACKSTOP_MS } from "./limits.ts";

/** Calls back after each growth, and now and then without one. Returns the stop. */
export function watchGrowth(path: string, onGrowth: () => void): () => void {
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(path, () => onGrowth());
    watcher.on("error", () => watcher?.close());
  } catch {
    // Out of watches, or a file system without them: the poll alone does it, later.
  }
  const poll = setInterval(onGrowth, TAIL_BACKSTOP_MS);
  return () => {
    watcher?.close();
    clearInterval(poll);
  };
}
