/** Whose address a request came from. `X-Forwarded-For` counts only as far as configured proxies vouch for it. */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The right-most address that is not a trusted proxy's. */
export function clientAddress(req: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = plain(req.socket.remoteAddress ?? "");
  if (trustedProxies.length === 0) return peer;
  const trusted = toList(trustedProxies);
  const header = req.headers["x-forwarded-for"];
  const hops = [...(Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => hop.trim()), peer];
  const foreign = hops.findLast((hop) => isIP(hop) !== 0 && !contains(trusted, hop));
  return foreign ?? peer;
}

export function isLoopback(address: string): boolean {
  return contains(loopback, address);
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? "ipv6" : "ipv4");
}

function toList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const version = isIP(address);
    if (version === 0) continue;
    const family = version === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An IPv4 address as it stands in an IPv6 socket is that IPv4 address. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
