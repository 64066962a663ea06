/** The log of a sandbox for clients that can't hold a stream. */
import { pollSandbox } from "@signalbox/server/api/poll";
import { getHost } from "@signalbox/server/host-slot";
import { answering } from "../../../../lib/api-request.ts";

export const dynamic = "force-dynamic";

export function GET(request: Request): Promise<Response> {
  return answering(() => pollSandbox(getHost(), request));
}
