/**
 * The one slot under which every copy of the server's modules finds the host's services: under Next a process holds several
 * copies. Only plain services go in, nothing made by tRPC.
 */
import type { Host } from "./host.ts";

const SLOT = Symbol.for("signalbox.host");

export function installHost(host: Host): void {
  (globalThis as { [SLOT]?: Host })[SLOT] = host;
}

/** The host of this process. Throws outside one, such as in a build. */
export function getHost(): Host {
  const host = (globalThis as { [SLOT]?: Host })[SLOT];
  if (!host) throw new Error("There is no host in this process: start apps/web/server.ts.");
  return host;
}
