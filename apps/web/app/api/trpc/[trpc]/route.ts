/** tRPC's queries and mutations. Subscriptions are not answered here: `/__` admits them first. */
import { formatCursor } from "@signalbox/catalog/cursor";
import { POSITION_HEADER } from "@signalbox/catalog/http-headers";
import { callContext, callMeta } from "@signalbox/server/api/call-http";
import { callRouter } from "@signalbox/server/api/root";
import { MAX_BATCH } from "@signalbox/server/api/trpc";
import { SignalboxError } from "@signalbox/server/errors";
import { getHost } from "@signalbox/server/host-slot";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { answering, readBoundedText, refuseForeign } from "../../../../lib/api-request.ts";

function handle(request: Request): Promise<Response> {
  return answering(async () => {
    refuseForeign(request);
    const host = getHost();
    const { value: response, seq } = await host.notingSignals(async () =>
      fetchRequestHandler({
        endpoint: "/api/trpc",
        req: request.method === "POST" ? await bounded(request) : request,
        router: callRouter,
        maxBatchSize: MAX_BATCH,
        createContext: () => callContext(host, request.headers),
        responseMeta: callMeta,
      }),
    );
    if (seq !== null) response.headers.set(POSITION_HEADER, formatCursor({ epoch: host.store.epoch(), seq }));
    response.headers.set("cache-control", "no-store");
    return response;
  });
}

/** A mutation comes as JSON alone: other kinds could be sent by a foreign form without a preflight. */
async function bounded(request: Request): Promise<Request> {
  if (!request.headers.get("content-type")?.toLowerCase().startsWith("application/json")) {
    throw new SignalboxError("bad-request", "A mutation's body is JSON.");
  }
  return new Request(request.url, {
    method: "POST",
    headers: request.headers,
    body: await readBoundedText(request),
    signal: request.signal,
  });
}

export { handle as GET, handle as POST };
