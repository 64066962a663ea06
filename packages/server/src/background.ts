/** What a host does without being asked: ends what nobody lives for, forgets what is old, captures days that have ended. */
import type { Operators } from "./operators/operators.ts";
import { startCapturing } from "./reports/capture.ts";
import { startPruning } from "./store/prune.ts";
import type { Store } from "./store/store.ts";
import { startReaper } from "./turns/reaper.ts";
import type { createRateLimits } from "./usage/rate-limits.ts";

export interface BackgroundOptions {
  store: Store;
  operators: Operators;
  rateLimits: ReturnType<typeof createRateLimits>;
  onError(error: unknown): void;
}

export async function startBackground({ store, operators, rateLimits, onError }: BackgroundOptions): Promise<{
  stop(): Promise<void>;
}> {
  const lapse = async () => {
    await operators.lapse();
    await operators.endOldTokens();
    await rateLimits.lapse();
  };
  const reaper = await startReaper({ store, onTick: lapse, onError });
  const pruning = startPruning({ store, onError });
  const capturing = startCapturing({ store, onError });
  return {
    async stop() {
      await pruning.stop();
      await capturing.stop();
      await reaper.stop();
    },
  };
}
