/** The slot of a subscription for a caller in this process; over HTTP `stream-endpoint.ts` takes it at the door. */
import type { CloseCode } from "@signalbox/catalog/stream-frames";
import type { Principal } from "../access/principal.ts";
import type { Host } from "../host.ts";
import type { StreamKind, StreamSlot } from "../streams/admission.ts";

export interface SlotRequest {
  principal: Principal;
  kind: StreamKind;
  signal: AbortSignal | undefined;
  recheck(): Promise<CloseCode | null>;
}

export function slotOf(
  host: Host,
  { principal, kind, signal, recheck }: SlotRequest,
): { slot: StreamSlot; gone: AbortSignal } {
  return {
    slot: host.admission.open({ personId: principal.personId, kind, recheck }),
    gone: signal ?? new AbortController().signal,
  };
}
