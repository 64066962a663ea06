/** Whose address a request came from. `X-Forwarded-For` counts only as far as configured proxies vouch for it. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * The right-most address that is not a trusted proxy's. What no trusted proxy wrote is the client's own word: the walk ends
 * at the first hop that is foreign, or that is no address at all.
 */
export function clientAddress(req: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = plain(req.socket.remoteAddress ?? "");
  if (trustedProxies.length === 0) return peer;
  const trusted = toList(trustedProxies);
  const header = req.headers["x-forwarded-for"];
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",");
  let address = peer;
  while (contains(trusted, address)) {
    const hop = plain(hops.pop()?.trim() ?? "");
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/**
 * The address by which one client's streams may be counted, or null where it may be many clients': behind a proxy that
 * nobody named, everybody has the proxy's.
 */
export function countedAddress(req: IncomingMessage, trustedProxies: readonly string[]): string | null {
  if (trustedProxies.length === 0) return null;
  const address = clientAddress(req, trustedProxies);
  return contains(toList(trustedProxies), address) ? null : address;
}

export function isLoopback(address: string): boolean {
  return contains(loopback, address);
}

/** Whether this is an address, or a range of them in CIDR notation. */
export function isAddressRange(range: string): boolean {
  const [address = "", bits, ...rest] = range.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}

/** The ranges were checked when the configuration was read. */
function toList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An address without the brackets and the port that some proxies add; IPv4 as it stands in an IPv6 socket is that IPv4. */
function plain(hop: string): string {
  const address = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
