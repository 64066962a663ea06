/** better-auth's own endpoints (sessions, sign-in, sign-out), behind our checks of origin and size. */
import { storeFull } from "@signalbox/server/errors";
import { getHost } from "@signalbox/server/host-slot";
import { answering, readBoundedText, refuseForeign } from "../../../../lib/api-request.ts";

function handle(request: Request): Promise<Response> {
  return answering(async () => {
    refuseForeign(request);
    const { auth, store } = getHost();
    if (request.method === "GET") return auth.handler(request);
    const body = await readBoundedText(request);
    const answer = await auth.handler(
      new Request(request.url, { method: request.method, headers: request.headers, body }),
    );
    // Its own words for a session that can't be stored would be none.
    if (answer.status >= 500 && store.isFull()) throw storeFull();
    return answer;
  });
}

export { handle as GET, handle as POST };
