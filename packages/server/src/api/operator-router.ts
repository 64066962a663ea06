/** What an operator may call, over either link. Its identity was proved when it connected; a browser's credentials never get here. */
import { CHANNEL_FENCED, CHANNEL_REVOKED } from "@signalbox/catalog/channel-close";
import {
  AppendInput,
  AttachInput,
  HeartbeatInput,
  HelloInput,
  RegisterInput,
  ReplyInput,
  ReportInput,
  type AppendOutput,
  type CommandFrame,
  type ProfilesOutput,
} from "@signalbox/catalog/operator-protocol";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { takeReport } from "../attempts/take-report.ts";
import { isSignalboxError, SignalboxError, storeFull } from "../errors.ts";
import type { Host } from "../host.ts";
import { isStoreFull } from "../store/store-down.ts";
import { TRPC_CODES } from "./trpc-codes.ts";
import { tailCommands } from "../operators/commands.ts";
import { connectionEnd, type ConnectionEnd } from "../operators/connections.ts";
import type { OperatorIdentity } from "../operators/operator-tokens.ts";

/** One connection. It learns its generation from its hello. */
export interface OperatorContext {
  host: Host;
  identity: OperatorIdentity;
  connection: {
    /** That its hello gave it; null before. */
    readonly generation: number | null;
    /** The operator's when this connection came: with another one by then its hello comes too late, or twice. */
    readonly expectedGeneration: number;
    saidHello(generation: number): void;
    /** Resolves when what was sent is on its way, or when the signal aborts. Never rejects. */
    drained(signal: AbortSignal): Promise<void>;
    close(code: number, reason: string): void;
  };
}

/** Ends a connection that counts no more; the code tells its operator whether to come again. */
export function endConnection({ connection }: Pick<OperatorContext, "connection">, why: ConnectionEnd): void {
  connection.close(why === "revoked" ? CHANNEL_REVOKED : CHANNEL_FENCED, why);
}

const t = initTRPC.context<OperatorContext>().create({
  transformer: superjson,
  isDev: false,
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    message: isSignalboxError(error.cause) ? error.cause.message : "The host could not do this.",
    data: { code: shape.data.code },
  }),
});

const procedure = t.procedure.use(async ({ next, ctx, path }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  if (isSignalboxError(cause)) throw new TRPCError({ code: TRPC_CODES[cause.code], message: cause.message, cause });
  if (isStoreFull(cause)) {
    // Said by the host once, and not for each of its operators' tries. They keep what they have, and come again.
    const full = storeFull(cause);
    throw new TRPCError({ code: TRPC_CODES[full.code], message: full.message, cause: full });
  }
  if (result.error.code === "INTERNAL_SERVER_ERROR") {
    ctx.host.logger.error(
      { err: result.error.cause ?? result.error, path, operator: ctx.identity.id },
      "an operator's call failed",
    );
  }
  return result;
});

/** Whatever comes after the hello. Those that name their generation are held to it in their own transaction. */
const greeted = procedure.use(({ ctx, next }) => {
  if (ctx.connection.generation === null) throw new SignalboxError("bad-request", "First comes the hello.");
  return next();
});

/** Those that name none are held to their connection's. */
const standing = greeted.use(async ({ ctx, next }) => {
  const end = await connectionEnd(ctx.host.store, ctx.identity.id, ctx.connection.generation);
  if (end) throw refused(ctx, end);
  return next();
});

export const operatorRouter = t.router({
  hello: procedure.input(HelloInput).mutation(async ({ ctx, input }) => {
    if (ctx.connection.generation !== null) throw new SignalboxError("conflict", "This connection said hello before.");
    const output = await ctx.host.operators.hello(ctx.identity, input, ctx.connection.expectedGeneration);
    ctx.connection.saidHello(output.generation);
    return output;
  }),
  append: greeted
    .input(AppendInput)
    .mutation(({ ctx, input }) =>
      isOwn(ctx, input) ? ctx.host.ingest.append(ctx.identity.id, input) : ANOTHER_CONNECTION,
    ),
  sandboxAppend: greeted
    .input(AppendInput)
    .mutation(({ ctx, input }) =>
      isOwn(ctx, input) ? ctx.host.sandboxIngest.append(ctx.identity.id, input) : ANOTHER_CONNECTION,
    ),
  reply: greeted.input(ReplyInput).mutation(async ({ ctx, input }) => {
    const end = await ctx.host.operators.reply(ctx.identity, input);
    if (end) throw refused(ctx, end);
  }),
  heartbeat: greeted.input(HeartbeatInput).mutation(async ({ ctx, input }) => {
    const output = await ctx.host.operators.heartbeat(ctx.identity, input.generation, input.turnIds);
    if (output.generation !== input.generation) endSoon(ctx, output.generation === 0 ? "revoked" : "fenced");
    return output;
  }),
  profiles: standing.query(async ({ ctx }): Promise<ProfilesOutput> => ({
    profiles: await ctx.host.agentProfiles.ofWorkspace(ctx.identity.workspaceId),
  })),
  register: greeted.input(RegisterInput).mutation(({ ctx, input }) => ctx.host.operators.register(ctx.identity, input)),
  attach: greeted.input(AttachInput).mutation(({ ctx, input }) => ctx.host.attachments.append(ctx.identity.id, input)),
  report: greeted.input(ReportInput).mutation(({ ctx, input }) => takeReport(ctx.host.store, ctx.identity, input)),
  commands: greeted
    .input(z.object({ generation: z.number().int(), lastEventId: z.string().max(20).optional() }))
    .subscription(async function* ({ ctx, input, signal }) {
      const gone = signal ?? new AbortController().signal;
      const after = Number(input.lastEventId ?? 0);
      const frames = tailCommands(ctx.host.store, ctx.host.commandBell, {
        operatorId: ctx.identity.id,
        generation: input.generation,
        after: Number.isSafeInteger(after) && after > 0 ? after : 0,
        gone,
      });
      try {
        for (;;) {
          // A peer that does not read is read nothing more for: its commands stay in the store.
          await ctx.connection.drained(gone);
          const next = await frames.next();
          if (!next.done) yield tracked(String(next.value.seq), next.value satisfies CommandFrame);
          else if (next.value) throw refused(ctx, next.value);
          else return;
        }
      } finally {
        // Ended between two commands, it would listen for ever.
        await frames.return(undefined);
      }
    }),
});

/** A connection speaks for its own generation alone: by it its appends are counted. */
function isOwn({ connection }: OperatorContext, { generation }: AppendInput): boolean {
  return connection.generation === generation;
}

const ANOTHER_CONNECTION: AppendOutput = { verdict: "fenced", ackedSeq: 0 };

/** The refusal for a connection that counts no more, which is ended after it. */
function refused(ctx: OperatorContext, why: ConnectionEnd): TRPCError {
  endSoon(ctx, why);
  return new TRPCError({ code: "FORBIDDEN", message: why });
}

/** The answer goes first, then the connection. */
function endSoon(ctx: OperatorContext, why: ConnectionEnd): void {
  setImmediate(() => endConnection(ctx, why));
}

export type OperatorRouter = typeof operatorRouter;
