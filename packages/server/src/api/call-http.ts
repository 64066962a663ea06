/** What tRPC's calls over HTTP are made with: who calls, and what the answer says beside its body. */
import { TRPCError } from "@trpc/server";
import { storeDown } from "../errors.ts";
import type { Host } from "../host.ts";
import { isStoreDown } from "../store/store-down.ts";
import { RETRY_AFTER_SECONDS } from "./node-http.ts";
import { TRPC_CODES } from "./trpc-codes.ts";
import type { Context } from "./trpc.ts";

/** The caller by its credentials. While the store does not answer nobody is known, which is no fault of the request. */
export async function callContext(host: Host, headers: Headers): Promise<Context> {
  try {
    return { host, principal: await host.access.authenticate(headers) };
  } catch (error) {
    if (!isStoreDown(error)) throw error;
    const down = storeDown(error);
    throw new TRPCError({ code: TRPC_CODES[down.code], message: down.message, cause: down });
  }
}

/** A refusal that is over soon says when to ask again. */
export function callMeta({ errors }: { errors: readonly TRPCError[] }): { headers?: Record<string, string> } {
  const isForLater = errors.some(({ code }) => code === "SERVICE_UNAVAILABLE" || code === "TOO_MANY_REQUESTS");
  return isForLater ? { headers: { "retry-after": String(RETRY_AFTER_SECONDS) } } : {};
}
