/** Which model providers limit the workspace's agents now, for scripts and for clients without a stream. */
import { answerRateLimits } from "@signalbox/server/api/system-state";
import { getHost } from "@signalbox/server/host-slot";
import { answering } from "../../../../lib/api-request.ts";

export const dynamic = "force-dynamic";

export function GET(request: Request): Promise<Response> {
  return answering(() => answerRateLimits(getHost(), request));
}
