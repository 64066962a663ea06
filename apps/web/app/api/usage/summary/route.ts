/** Token and cost totals of a period, for scripts and for clients without a stream. */
import { answerUsageSummary } from "@signalbox/server/api/system-state";
import { getHost } from "@signalbox/server/host-slot";
import { answering } from "../../../../lib/api-request.ts";

export const dynamic = "force-dynamic";

export function GET(request: Request): Promise<Response> {
  return answering(() => answerUsageSummary(getHost(), request));
}
