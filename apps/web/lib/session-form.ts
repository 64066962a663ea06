/**
 * Sign-in and sign-out as plain forms, so that they work without JavaScript. Each hands on to better-auth's endpoint, which
 * limits the rate and checks the origin, and answers with where the browser goes next.
 */
import { SignalboxError } from "@signalbox/server/errors";
import { getHost } from "@signalbox/server/host-slot";
import { answering, readBoundedText, refuseForeign } from "./api-request.ts";

export interface SessionForm {
  /** better-auth's path. */
  endpoint: "/sign-in/email" | "/sign-in/link" | "/sign-out";
  /** What the endpoint is sent. */
  body(form: URLSearchParams): Record<string, string>;
  /** Where a refusal leads back to, by its HTTP status. */
  refused(form: URLSearchParams, status: number): string;
}

export function answerForm(request: Request, { endpoint, body, refused }: SessionForm): Promise<Response> {
  return answering(async () => {
    refuseForeign(request);
    if (!request.headers.get("content-type")?.toLowerCase().startsWith("application/x-www-form-urlencoded")) {
      throw new SignalboxError("bad-request", "This path takes a form.");
    }
    const { auth, config } = getHost();
    const form = new URLSearchParams(await readBoundedText(request));
    const headers = new Headers(request.headers);
    headers.set("content-type", "application/json");
    headers.delete("content-length");
    // A form of ours that the browser sends without an Origin (a privacy setting) was let through above.
    if (!headers.has("origin") || headers.get("origin") === "null") headers.set("origin", config.url);
    const answer = await auth.handler(
      new Request(`${config.url}/api/auth${endpoint}`, { method: "POST", headers, body: JSON.stringify(body(form)) }),
    );
    const location = answer.ok ? safePath(form.get("next")) : refused(form, answer.status);
    const response = new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
    for (const cookie of answer.headers.getSetCookie()) response.headers.append("set-cookie", cookie);
    return response;
  });
}

/** A path of our own; everything else could lead a person away after they signed in. */
function safePath(next: string | null): string {
  return next && /^\/(?![/\\])[\w\-./?=&%]*$/.test(next) ? next : "/";
}
