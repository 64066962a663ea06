/** One request at the port: whose address it is, what a page may load, and who answers it. */
import type { OperatorChannel } from "@signalbox/server/api/operator-channel";
import { handleStream } from "@signalbox/server/api/stream-endpoint";
import { CLIENT_ADDRESS_HEADER } from "@signalbox/server/access/auth";
import { writeError } from "@signalbox/server/api/node-http";
import { clientAddress, isLoopback } from "@signalbox/server/access/client-address";
import { bearerToken } from "@signalbox/server/access/tokens";
import { SignalboxError } from "@signalbox/server/errors";
import type { Host } from "@signalbox/server/host";
import { metricsText } from "@signalbox/server/metrics";
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

type NextHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

export interface RequestHandlers {
  host: Host;
  channel: OperatorChannel;
  serveNext: NextHandler;
}

/** Never rejects. */
export async function handleRequest(
  { host, channel, serveNext }: RequestHandlers,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    const path = (req.url ?? "/").split("?")[0] ?? "/";
    const address = clientAddress(req, host.config.trustedProxies);
    req.headers[CLIENT_ADDRESS_HEADER] = address;
    res.setHeader("x-content-type-options", "nosniff");
    res.setHeader("referrer-policy", "same-origin");
    if (path.startsWith("/__/operator/")) {
      await channel.request(req, res);
      return;
    }
    if (path === "/__" || path.startsWith("/__/")) {
      await handleStream(host, req, res);
      return;
    }
    if (path === "/metrics") return answerMetrics(host, req, res, address);
    if (!path.startsWith("/_next/") && !path.startsWith("/api/")) allowOnlyOurs(host, req, res);
    await serveNext(req, res);
  } catch (error) {
    writeError(host.logger, res, error);
  }
}

/** A page loads scripts that bear this response's nonce, and nothing at all from elsewhere (CSP Level 3). */
function allowOnlyOurs(host: Host, req: IncomingMessage, res: ServerResponse): void {
  const nonce = randomBytes(16).toString("base64");
  const policy = [
    "default-src 'self'",
    // Development tools evaluate code; what is served for real does not.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${host.logger.isLevelEnabled("debug") ? " 'unsafe-eval'" : ""}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  // Next reads the nonce for its own scripts from the request's policy.
  req.headers["content-security-policy"] = policy;
  res.setHeader("content-security-policy", policy);
  res.setHeader("cross-origin-opener-policy", "same-origin");
  if (host.config.url.startsWith("https:")) res.setHeader("strict-transport-security", "max-age=31536000");
}

function answerMetrics(host: Host, req: IncomingMessage, res: ServerResponse, address: string): void {
  const { metricsToken } = host.config;
  const hasToken = metricsToken !== null && bearerToken(req.headers.authorization) === metricsToken;
  if (!hasToken && !isLoopback(address)) throw new SignalboxError("not-found", "There is no such page.");
  res.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(metricsText(host));
}
