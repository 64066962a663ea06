/**
 * The model gateway of one turn: listens on loopback while the turn runs, lets pass what bears the run's token to one
 * upstream with the real key in its place, and says what was used and when the provider limits. It changes nothing else:
 * paths below the upstream's, bodies and streams go through as they are. The key never gets to the agent.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { readRetryAfter } from "../retry-after.ts";
import { LIMITED_MODELS_MAX } from "../limits.ts";
import { createAskedModel, type AskedModel } from "./asked-model.ts";
import { gatewayVariables, type Upstream } from "./gateway-settings.ts";
import { createUsageReader } from "./read-usage.ts";

export interface Gateway {
  /** `http://ADDRESS:PORT`, on loopback. */
  url: string;
  /** What a request must bear. */
  token: string;
  /** What the agent's environment has in place of the real address and key. */
  variables: Record<string, string>;
  /** Ends what is under way, and listens no more. */
  close(): void;
}

export interface GatewayOptions {
  upstream: Upstream;
  /** Usage and rate limits of the requests that went through. */
  report(entry: TurnEntry): void;
}

/**
 * Not the usual one: a sandbox reaches this machine's through its proxy, and an agent that has a server of its own on 127.0.0.1
 * (opencode has) must reach that one without. Linux has all of 127.0.0.0/8 on its loopback.
 */
const ADDRESS = process.platform === "linux" ? "127.0.0.2" : "127.0.0.1";

/** Too many requests, and Anthropic's "overloaded". */
const LIMIT_STATUSES = new Set([429, 529]);

/** Headers of one connection (RFC 9110, 7.6.1), and those that the gateway says itself. */
const NOT_PASSED_ON = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "accept-encoding",
  "authorization",
  "x-api-key",
  "x-goog-api-key",
]);

export async function openGateway({ upstream, report }: GatewayOptions): Promise<Gateway> {
  const token = `sbx_run_${randomBytes(24).toString("base64url")}`;
  const provider = new URL(upstream.baseUrl).host;
  const limited = new Set<string | null>();

  /** A limit is a model's: that the provider takes requests to another one lifts nothing. */
  function noteStatus({ statusCode = 0, headers }: IncomingMessage, asked: AskedModel): void {
    const isRefused = LIMIT_STATUSES.has(statusCode);
    if (!isRefused && (limited.size === 0 || statusCode >= 300)) return;
    const model = asked.name();
    const about = { provider, ...(model === null ? {} : { model }) };
    if (isRefused) {
      if (limited.size < LIMITED_MODELS_MAX) limited.add(model);
      const retryAfterMs = readRetryAfter(new Headers(singleHeaders(headers)));
      report({
        kind: "rate-limit",
        state: "hit",
        ...about,
        status: statusCode,
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      });
    } else if (limited.delete(model)) {
      report({ kind: "rate-limit", state: "lifted", ...about });
    }
  }

  function passOn(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const target = targetOf(upstream.baseUrl, incoming.url ?? "");
    if (!holdsToken(incoming, target?.searchParams.get("key") ?? null, token))
      return refuse(outgoing, 401, "This is not the run's token.");
    if (!target) return refuse(outgoing, 400, "This path leads nowhere.");
    if (upstream.key === null && !upstream.isOpen)
      return refuse(outgoing, 401, "The operator has no key for this provider.");
    target.searchParams.delete("key");
    const asked = createAskedModel(target.pathname);
    const send = target.protocol === "https:" ? httpsRequest : httpRequest;
    const sent = send(target, {
      method: incoming.method,
      headers: { ...headersOf(incoming), ...keyHeaders(upstream) },
    });
    sent.on("response", (answer) => {
      noteStatus(answer, asked);
      const usage = createUsageReader(answer.headers["content-type"] ?? "");
      outgoing.writeHead(answer.statusCode ?? 502, passedHeaders(answer));
      // Told once, when the answer is over or cut: what was used until then was used.
      let isTold = false;
      const tell = (): void => {
        if (isTold) return;
        isTold = true;
        const used = usage.end();
        if (used) report({ ...used, provider });
      };
      answer.on("data", (chunk: Buffer) => usage.push(chunk));
      answer.on("close", tell);
      answer.on("error", () => outgoing.destroy());
      answer.pipe(outgoing);
    });
    sent.on("error", (error) => {
      if (outgoing.headersSent) outgoing.destroy();
      else refuse(outgoing, 502, `The model's provider could not be reached: ${error.message}`);
    });
    outgoing.on("close", () => sent.destroy());
    incoming.on("error", () => sent.destroy());
    incoming.on("data", asked.push);
    incoming.pipe(sent);
  }

  const server = createServer(passOn);
  server.on("connect", (_request, socket) => socket.destroy());
  server.on("upgrade", (_request, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, ADDRESS, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${ADDRESS}:${port}`;
  return {
    url,
    token,
    variables: gatewayVariables(upstream.api, { url, token }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The address at the upstream; null for a path that would leave the upstream's own. */
function targetOf(baseUrl: string, path: string): URL | null {
  if (!path.startsWith("/") || path.startsWith("//") || !URL.canParse(baseUrl + path)) return null;
  const [base, target] = [new URL(`${baseUrl}/`), new URL(baseUrl + path)];
  // Dots are resolved by now, in whatever form they were written.
  return target.origin === base.origin && target.pathname.startsWith(base.pathname) ? target : null;
}

function holdsToken({ headers }: IncomingMessage, query: string | null, token: string): boolean {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  const said = [bearer, headers["x-api-key"], headers["x-goog-api-key"], query];
  return said.some((value) => typeof value === "string" && isSame(value, token));
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function headersOf({ headers }: IncomingMessage): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_PASSED_ON.has(name));
  // What is not compressed can be read on its way.
  return { ...Object.fromEntries(kept as [string, string | string[]][]), "accept-encoding": "identity" };
}

function keyHeaders({ api, key }: Upstream): Record<string, string> {
  if (key === null) return {};
  switch (api) {
    case "openai":
      return { authorization: `Bearer ${key}` };
    case "anthropic":
      return { "x-api-key": key };
    case "gemini":
      return { "x-goog-api-key": key };
  }
}

function passedHeaders({ headers }: IncomingMessage): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !NOT_PASSED_ON.has(name));
  return Object.fromEntries(kept as [string, string | string[]][]);
}

function singleHeaders(headers: IncomingMessage["headers"]): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as [string, string]] : [],
  );
}

/** In the shape of the three APIs' errors: their clients show the message. */
function refuse(outgoing: ServerResponse, status: number, message: string): void {
  outgoing.writeHead(status, { "content-type": "application/json" });
  outgoing.end(JSON.stringify({ type: "error", error: { type: "gateway_error", code: status, message } }));
}
