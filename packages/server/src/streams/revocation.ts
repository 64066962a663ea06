/**
 * A permission that is lost silences its streams at once: the database rings with the person's id in the transaction that
 * ended a session, a membership or a key, whoever wrote it. The check on each heartbeat stands behind it.
 */
import { RING_ALL, type Store } from "../store/store.ts";
import type { Admission } from "./admission.ts";

/** Rung by triggers (`migrations/0002_access_bell.sql`) with the id of the person or key whose access changed. */
const ACCESS_CHANNEL = "signalbox_access";

export async function watchRevocations(options: {
  store: Store;
  admission: Admission;
  onError(error: unknown): void;
}): Promise<{ stop(): Promise<void> }> {
  const { store, admission, onError } = options;
  const running = new Set<Promise<void>>();
  const unlisten = await store.listen(ACCESS_CHANNEL, (personId) => {
    const checking = admission
      .recheckWhere((slot) => personId === RING_ALL || slot.personId === personId)
      .catch(onError)
      .finally(() => running.delete(checking));
    running.add(checking);
  });
  return {
    async stop() {
      await unlisten();
      await Promise.all(running);
    },
  };
}
