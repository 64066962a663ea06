/** tRPC's one initialisation: context, transformer, error shape, and the procedures that others are built from. */
import { BATCH_MAX } from "@signalbox/catalog/bounds";
import { ERROR_STATUS } from "@signalbox/catalog/error-code";
import { HEARTBEAT_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { ZodError } from "zod";
import type { Principal } from "../access/principal.ts";
import { isSignalboxError, SignalboxError, storeDown } from "../errors.ts";
import { isStoreDown, isStoreFull } from "../store/store-down.ts";
import type { Host } from "../host.ts";
import { codeOfTrpc, TRPC_CODES } from "./trpc-codes.ts";

export interface Context {
  host: Host;
  principal: Principal | null;
}

/** Issues of a refused input that are told; the rest would only make the answer larger than the question. */
const ISSUES_TOLD = 10;

const t = initTRPC.context<Context>().create({
  transformer: superjson,
  isDev: false,
  sse: {
    ping: { enabled: true, intervalMs: HEARTBEAT_MS },
    client: { reconnectAfterInactivityMs: SILENCE_BEFORE_RECONNECT_MS },
  },
  /** Codes, and messages that were written to be read. What went wrong inside stays inside. */
  errorFormatter({ shape, error }) {
    const known = toSignalboxError(error);
    return {
      ...shape,
      message: known.message,
      data: {
        code: shape.data.code,
        httpStatus: ERROR_STATUS[known.code],
        path: shape.data.path,
        error: { code: known.code, details: known.details },
      },
    };
  },
});

function toSignalboxError(error: TRPCError): SignalboxError {
  if (isSignalboxError(error.cause)) return error.cause;
  if (error.cause instanceof ZodError || (error.cause as { name?: unknown } | undefined)?.name === "ZodError") {
    const issues = (error.cause as ZodError).issues
      .slice(0, ISSUES_TOLD)
      .flatMap((issue) => {
        const path = issue.path.map(String);
        // What is too much is named, not what it is too much for.
        const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
        return paths.map((one) => ({ path: one, code: issue.code }));
      })
      .slice(0, ISSUES_TOLD);
    const where = issues.map((issue) => issue.path.join(".") || "input").join(", ");
    return new SignalboxError("bad-request", `The input does not fit: ${where}.`, { issues });
  }
  const code = codeOfTrpc(error);
  if (code === "internal") return new SignalboxError(code, "Something went wrong here. Nothing was changed.");
  return new SignalboxError(code, code === "not-found" ? "There is no such procedure." : "The request does not fit.");
}

const mapErrors = t.middleware(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  if (isSignalboxError(cause)) throw new TRPCError({ code: TRPC_CODES[cause.code], message: cause.message, cause });
  // A full disk was said once, when it became full.
  if (result.error.code === "INTERNAL_SERVER_ERROR" && !isStoreFull(cause))
    ctx.host.logger.error({ err: cause ?? result.error, path }, "a procedure failed");
  if (isStoreDown(cause)) {
    const down = storeDown(cause);
    throw new TRPCError({ code: TRPC_CODES[down.code], message: down.message, cause: down });
  }
  return result;
});

export const router = t.router;
export const mergeRouters = t.mergeRouters;
export const createCallerFactory = t.createCallerFactory;

/** Every procedure: its caller is known, and its errors are ours. */
export const procedure = t.procedure.use(mapErrors).use(({ ctx, next }) => {
  const { principal } = ctx;
  if (!principal) throw new SignalboxError("unauthenticated", "Sign in first, or send an API key.");
  return next({ ctx: { ...ctx, principal } });
});

export const MAX_BATCH = BATCH_MAX;
