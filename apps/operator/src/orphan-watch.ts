/** Tells a runner when no daemon looks after its turn any more. */
import { RUNNER_ORPHANED_MS } from "./limits.ts";
import { isAlive, readPidFile } from "./process-identity.ts";
import { daemonPidPath } from "./turn-folder.ts";

const CHECK_MS = 5_000;

/**
 * Calls back once when there was no daemon for RUNNER_ORPHANED_MS. Counted in checks and not in time, so that a
 * laptop's sleep orphans nobody. Returns the stop.
 */
export function watchDaemon(operatorDir: string, onGone: () => void): () => void {
  let missed = 0;
  const timer = setInterval(() => {
    const daemon = readPidFile(daemonPidPath(operatorDir));
    missed = daemon && isAlive(daemon) ? 0 : missed + 1;
    if (missed * CHECK_MS < RUNNER_ORPHANED_MS) return;
    clearInterval(timer);
    onGone();
  }, CHECK_MS);
  return () => clearInterval(timer);
}
