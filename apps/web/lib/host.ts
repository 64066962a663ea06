/** The host's services for server components and route handlers. Types and the slot only: nothing of the store is bundled. */
import { createCaller } from "@signalbox/server/api/root";
import { getHost } from "@signalbox/server/host-slot";
import type { Principal } from "@signalbox/server/access/principal";
import { headers } from "next/headers";
import { cache } from "react";

export { getHost };

/** Who asks for this page; null without a session. One look per request. */
export const getPrincipal = cache(async (): Promise<Principal | null> =>
  getHost().access.authenticate(await headers()),
);

/** The API for server components, in the name of a principal. Errors are those that the API would answer. */
export function serverCaller(principal: Principal | null) {
  return createCaller({ host: getHost(), principal });
}

/** The cursor of a workspace's newest signal. Take it BEFORE the reads that the page is made from, and embed it. */
export async function signalPosition(workspaceId: string): Promise<string> {
  return getHost().signals.position(workspaceId);
}

/** Whom a sign-in link is for, without using it; null for one that was used, is unknown or too old. */
export async function peekLink(token: string): Promise<{ name: string; hasPassword: boolean } | null> {
  return getHost().links.peek(token);
}
