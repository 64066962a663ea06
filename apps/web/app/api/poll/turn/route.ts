/** The entries of a turn for clients that can't hold a stream. */
import { pollTurn } from "@signalbox/server/api/poll";
import { getHost } from "@signalbox/server/host-slot";
import { answering } from "../../../../lib/api-request.ts";

export const dynamic = "force-dynamic";

export function GET(request: Request): Promise<Response> {
  return answering(() => pollTurn(getHost(), request));
}
