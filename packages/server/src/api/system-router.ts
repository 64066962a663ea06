/** What holds for the whole host, whoever asks: no record, and no signal can say it. */
import { procedure, router } from "./trpc.ts";

export interface SystemState {
  /** The store takes no writes until there is room on its disk. */
  isDiskFull: boolean;
  /** Whether that can happen here: an embedded store's disk is watched, a database server's is not. */
  isDiskWatched: boolean;
}

export const systemRouter = router({
  state: procedure.query(({ ctx: { host } }): SystemState => ({
    isDiskFull: host.store.isFull(),
    isDiskWatched: host.store.kind === "embedded",
  })),
});
