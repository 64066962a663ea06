import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { RUNNER_ORPHANED_MS } from "./limits.ts";
import { watchDaemon } from "./orphan-watch.ts";
import { claimPidFile, identityOf } from "./process-identity.ts";
import { daemonPidPath } from "./turn-folder.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a runner without a daemon is told once, after two leases", () => {
  const onGone = vi.fn<() => void>();
  watchDaemon(temporaryFolder(), onGone);
  vi.advanceTimersByTime(RUNNER_ORPHANED_MS - 5_000);
  expect(onGone).not.toHaveBeenCalled();
  vi.advanceTimersByTime(RUNNER_ORPHANED_MS);
  expect(onGone).toHaveBeenCalledOnce();
});

test("a runner whose daemon lives is left alone", () => {
  const dir = temporaryFolder();
  const self = identityOf(process.pid);
  if (self) claimPidFile(daemonPidPath(dir), self);
  const onGone = vi.fn<() => void>();
  const stop = watchDaemon(dir, onGone);
  vi.advanceTimersByTime(RUNNER_ORPHANED_MS * 3);
  stop();
  expect(onGone).not.toHaveBeenCalled();
});
