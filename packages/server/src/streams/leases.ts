/**
 * Streams whose readers promised to renew them. A proxy may keep the connection of a reader that vanished, and drain it:
 * nothing on this side tells. The renewal comes as a request of its own, maybe to another host: what this one does not hold
 * is rung to all.
 */
import { ring, type Store } from "../store/store.ts";
import type { Admission } from "./admission.ts";

/** Rung with `<person> <lease>`. A ring that is lost costs a third of a lease. */
const LEASE_CHANNEL = "signalbox_lease";

export interface Leases {
  /** Prolongs the streams that this person opened under this name, on every host. */
  renew(personId: string, leaseId: string): Promise<void>;
  stop(): Promise<void>;
}

export async function createLeases(store: Store, admission: Admission): Promise<Leases> {
  const unlisten = await store.listen(LEASE_CHANNEL, (payload) => {
    const [personId, leaseId] = payload.split(" ");
    if (personId && leaseId) admission.renew(personId, leaseId);
  });
  return {
    async renew(personId, leaseId) {
      // With one host no renewal costs a transaction: 5,000 readers would make 170 of them a second.
      if (admission.renew(personId, leaseId)) return;
      await store.system((tx) => ring(tx, LEASE_CHANNEL, `${personId} ${leaseId}`));
    },
    stop: unlisten,
  };
}
