/** 200 while the process serves. */
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { VERSION } from "@signalbox/catalog/version";
import { getHost } from "@signalbox/server/host-slot";

export const dynamic = "force-dynamic";

export function GET(): Response {
  return Response.json(
    { status: "ok", version: VERSION, protocol: PROTOCOL_VERSION, epoch: getHost().store.epoch() },
    { headers: { "cache-control": "no-store" } },
  );
}
