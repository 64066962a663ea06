/**
 * What the host knows of an operator's connection, carried by the service from event to event so that any host can
 * answer the next one. It is sealed by the host's own secret: the service's signature covers a connection's id alone.
 */
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";

const ConnectionState = z.object({
  operatorId: z.string(),
  workspaceId: z.string(),
  connectionId: z.string(),
  /** The generation before this connection's hello: a hello that finds another one comes too late, or twice. */
  before: z.number().int(),
  /** The generation that its hello gave it. */
  generation: z.number().int().nullable(),
});
export type ConnectionState = z.infer<typeof ConnectionState>;

const AUDIENCE = "signalbox:operator-connection";

export interface ConnectionStates {
  seal(state: ConnectionState): Promise<string>;
  /** Null for what is not ours, or is another connection's. */
  open(sealed: string | null, connectionId: string): Promise<ConnectionState | null>;
}

export function createConnectionStates(secret: string): ConnectionStates {
  const key = new TextEncoder().encode(secret);
  return {
    seal: (state) => new SignJWT({ state }).setProtectedHeader({ alg: "HS256" }).setAudience(AUDIENCE).sign(key),
    async open(sealed, connectionId) {
      if (sealed === null) return null;
      const verified = await jwtVerify(sealed, key, { audience: AUDIENCE, algorithms: ["HS256"] }).catch(() => null);
      const state = ConnectionState.safeParse(verified?.payload["state"]).data;
      return state?.connectionId === connectionId ? state : null;
    },
  };
}
