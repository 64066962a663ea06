/** Answers for clients that ask again and again: a JSON body under a strong entity tag, or 304 where they have it (RFC 9110, 13.1.2). */

/** `etag` with its quotes. The body is made only for who does not have it. */
export function taggedAnswer(request: Request, etag: string, bodyOf: () => string): Response {
  const headers = { etag, "cache-control": "private, no-cache", vary: "authorization, cookie" };
  const known = request.headers.get("if-none-match")?.split(",") ?? [];
  if (known.some((tag) => tag.trim().replace(/^W\//, "") === etag)) return new Response(null, { status: 304, headers });
  return new Response(bodyOf(), { headers: { ...headers, "content-type": "application/json" } });
}

export function queryOf(request: Request): Record<string, string> {
  return Object.fromEntries(new URL(request.url).searchParams);
}
