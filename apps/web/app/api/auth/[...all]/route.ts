/** better-auth's own endpoints (sessions, sign-in, sign-out), behind our checks of origin and size. */
import { getHost } from "@signalbox/server/host-slot";
import { answering, readBoundedText, refuseForeign } from "../../../../lib/api-request.ts";

function handle(request: Request): Promise<Response> {
  return answering(async () => {
    refuseForeign(request);
    if (request.method === "GET") return getHost().auth.handler(request);
    const body = await readBoundedText(request);
    return getHost().auth.handler(new Request(request.url, { method: request.method, headers: request.headers, body }));
  });
}

export { handle as GET, handle as POST };
