/**
 * Which addresses a webhook may go to: public ones. A name is checked when the file is read and again by the agent at
 * each connection, on the very address that is connected to: a name may point elsewhere a moment later.
 */
import { lookup } from "node:dns/promises";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import ipaddr from "ipaddr.js";
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from "request-filtering-agent";

/** The host of an address, without an IPv6 literal's brackets; other spellings of an IPv4 address are normalised. */
export function hostOf(url: string): string {
  return new URL(url).hostname.toLowerCase().replace(/^\[|\]$/g, "");
}

/** True for an IP literal that is not a public unicast address; an IPv4 address in IPv6's clothes is the former. */
export function isPrivateLiteral(host: string): boolean {
  return ipaddr.isValid(host) && ipaddr.process(host).range() !== "unicast";
}

/** The first private address behind a name, or null when there is none or the name does not resolve now. */
export async function privateAddressOf(host: string): Promise<string | null> {
  if (ipaddr.isValid(host)) return isPrivateLiteral(host) ? host : null;
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.find(({ address }) => isPrivateLiteral(address))?.address ?? null;
}

/** The agent of one delivery. It connects to nothing private, unless the endpoint's host is allowed by name. */
export function agentFor({ url, isAllowed }: { url: string; isAllowed: boolean }): HttpAgent | HttpsAgent {
  const isTls = url.startsWith("https:");
  if (isAllowed) return isTls ? new HttpsAgent() : new HttpAgent();
  return isTls ? new RequestFilteringHttpsAgent() : new RequestFilteringHttpAgent();
}
