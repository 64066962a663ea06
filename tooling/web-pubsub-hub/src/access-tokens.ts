/** The service's two kinds of token, both HS256 with one of its access keys: a client's (to connect) and a host's (REST). */
import { jwtVerify } from "jose";

/** The token's subject (null without one) if a key signed it for this audience and it has not run out; else undefined. */
export async function verifyToken(
  token: string,
  { keys, audience }: { keys: readonly string[]; audience: string },
): Promise<{ subject: string | null } | undefined> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, new TextEncoder().encode(key), { audience, algorithms: ["HS256"] });
      return { subject: payload.sub ?? null };
    } catch {
      // Another key may have signed it.
    }
  }
  return undefined;
}
