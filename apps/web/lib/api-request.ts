/** What every route handler checks before it does anything: origin, body's kind and size; and how it answers an error. */
import { BODY_MAX_BYTES } from "@signalbox/catalog/bounds";
import { errorResponse } from "@signalbox/server/api/node-http";
import { isForeignRead, isForeignWrite, trustedOrigins } from "@signalbox/server/access/origin";
import { SignalboxError } from "@signalbox/server/errors";
import { getHost } from "@signalbox/server/host-slot";

/** Runs a handler; whatever it throws is answered as our JSON error. */
export async function answering(handler: () => Promise<Response>): Promise<Response> {
  try {
    return await handler();
  } catch (error) {
    const { status, headers, body } = errorResponse(getHost().logger, error);
    return new Response(body, { status, headers });
  }
}

/** Throws `forbidden` for a request that a foreign page caused. */
export function refuseForeign(request: Request): void {
  const ours = trustedOrigins(getHost().config.url);
  const isRead = request.method === "GET" || request.method === "HEAD";
  const isForeign = isRead ? isForeignRead(request.headers, ours) : isForeignWrite(request.headers, ours);
  if (isForeign) throw new SignalboxError("forbidden", "This request comes from a page that is not of Signalbox.");
}

/** The body, counted while it is read: a length that a client claims proves nothing. */
export async function readBoundedText(request: Request): Promise<string> {
  const tooLarge = () =>
    new SignalboxError("too-large", `A body may have ${BODY_MAX_BYTES} bytes.`, { maxBytes: BODY_MAX_BYTES });
  if (Number(request.headers.get("content-length") ?? 0) > BODY_MAX_BYTES) throw tooLarge();
  if (!request.body) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > BODY_MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
