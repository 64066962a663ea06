/** Which origins are ours, and what a request from elsewhere may not do (`docs/protocol.md`, requests). */

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** The public origin; when it is loopback, its three spellings with the same port. */
export function trustedOrigins(url: string): string[] {
  const { protocol, hostname, port, origin } = new URL(url);
  if (!LOOPBACK.includes(hostname)) return [origin];
  return LOOPBACK.map((name) => `${protocol}//${name}${port ? `:${port}` : ""}`);
}

/** A read is refused only when the browser itself says that it comes from a foreign page. */
export function isForeignRead(headers: Headers, ours: readonly string[]): boolean {
  const origin = headers.get("origin");
  if (origin !== null) return !ours.includes(origin);
  return headers.get("sec-fetch-site") === "cross-site" && headers.get("sec-fetch-mode") !== "navigate";
}

/** A write with a cookie needs a matching Origin; one with a bearer token carries its own proof. */
export function isForeignWrite(headers: Headers, ours: readonly string[]): boolean {
  const origin = headers.get("origin");
  if (origin !== null) return !ours.includes(origin);
  return headers.has("cookie");
}
