/** The slot of a subscription: the one taken at the door, or one of its own for a caller in this process. */
import type { CloseCode } from "@signalbox/catalog/stream-frames";
import type { Principal } from "../access/principal.ts";
import type { Host } from "../host.ts";
import type { StreamKind, StreamSlot } from "../streams/admission.ts";

export interface SlotRequest {
  principal: Principal;
  kind: StreamKind;
  slot: StreamSlot | undefined;
  signal: AbortSignal | undefined;
  recheck(): Promise<CloseCode | null>;
}

export function slotOf(
  host: Host,
  { principal, kind, slot, signal, recheck }: SlotRequest,
): { slot: StreamSlot; gone: AbortSignal } {
  return {
    slot: slot ?? host.admission.open({ personId: principal.personId, kind, recheck }),
    gone: signal ?? new AbortController().signal,
  };
}
