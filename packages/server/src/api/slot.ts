/** The slot of a subscription: the one taken at the door, or one of its own for a caller in this process. */
import type { Principal } from "../access/principal.ts";
import type { Host } from "../host.ts";
import type { StreamKind, StreamSlot } from "../streams/admission.ts";

export function slotOf(
  host: Host,
  request: { principal: Principal; kind: StreamKind; slot: StreamSlot | undefined; signal: AbortSignal | undefined },
): { slot: StreamSlot; gone: AbortSignal } {
  return {
    slot: request.slot ?? host.admission.open({ personId: request.principal.personId, kind: request.kind }),
    gone: request.signal ?? new AbortController().signal,
  };
}
