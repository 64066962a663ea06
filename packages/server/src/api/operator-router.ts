/** What an operator may call, over either link. Its identity was proved when it connected; a browser's credentials never get here. */
import {
  AppendInput,
  AttachInput,
  HeartbeatInput,
  HelloInput,
  RegisterInput,
  ReplyInput,
  ReportInput,
  type CommandFrame,
  type ProfilesOutput,
} from "@signalbox/catalog/operator-protocol";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { takeReport } from "../attempts/take-report.ts";
import { isSignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { TRPC_CODES } from "./trpc-codes.ts";
import { tailCommands, type CommandsEnd } from "../operators/commands.ts";
import type { OperatorIdentity } from "../operators/operators.ts";

/** One connection. It learns its generation from its hello. */
export interface OperatorContext {
  host: Host;
  identity: OperatorIdentity;
  connection: {
    /** On a link that may bring the same hello twice: the generation before it. Another one by then refuses it. */
    expectedGeneration?: number;
    saidHello(generation: number): void;
    close(code: number, reason: string): void;
  };
}

/** Application close codes of the channel (RFC 6455, 7.4.2). */
export const CHANNEL_REVOKED = 4401;
export const CHANNEL_FENCED = 4409;

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
  if (result.error.code === "INTERNAL_SERVER_ERROR") {
    ctx.host.logger.error(
      { err: result.error.cause ?? result.error, path, operator: ctx.identity.id },
      "an operator's call failed",
    );
  }
  return result;
});

export const operatorRouter = t.router({
  hello: procedure.input(HelloInput).mutation(async ({ ctx, input }) => {
    const output = await ctx.host.operators.hello(ctx.identity, input, ctx.connection.expectedGeneration);
    ctx.connection.saidHello(output.generation);
    return output;
  }),
  append: procedure.input(AppendInput).mutation(({ ctx, input }) => ctx.host.ingest.append(ctx.identity.id, input)),
  sandboxAppend: procedure
    .input(AppendInput)
    .mutation(({ ctx, input }) => ctx.host.sandboxIngest.append(ctx.identity.id, input)),
  reply: procedure.input(ReplyInput).mutation(async ({ ctx, input }) => {
    await ctx.host.operators.reply(ctx.identity, input);
  }),
  heartbeat: procedure.input(HeartbeatInput).mutation(async ({ ctx, input }) => {
    const output = await ctx.host.operators.heartbeat(ctx.identity, input.generation, input.turnIds);
    // The answer goes first, then the connection: one that takes no commands is ended here too.
    if (output.generation !== input.generation)
      setImmediate(() => endConnection(ctx, output.generation === 0 ? "revoked" : "fenced"));
    return output;
  }),
  profiles: procedure.query(async ({ ctx }): Promise<ProfilesOutput> => ({
    profiles: await ctx.host.agentProfiles.ofWorkspace(ctx.identity.workspaceId),
  })),
  register: procedure
    .input(RegisterInput)
    .mutation(({ ctx, input }) => ctx.host.operators.register(ctx.identity, input)),
  attach: procedure
    .input(AttachInput)
    .mutation(({ ctx, input }) => ctx.host.attachments.append(ctx.identity.id, input)),
  report: procedure.input(ReportInput).mutation(({ ctx, input }) => takeReport(ctx.host.store, ctx.identity, input)),
  commands: procedure
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
      for (;;) {
        const next = await frames.next();
        if (!next.done) {
          yield tracked(String(next.value.seq), next.value satisfies CommandFrame);
          continue;
        }
        if (next.value) endConnection(ctx, next.value);
        if (next.value) throw new TRPCError({ code: "FORBIDDEN", message: next.value });
        return;
      }
    }),
});

function endConnection({ connection }: OperatorContext, why: CommandsEnd): void {
  connection.close(why === "revoked" ? CHANNEL_REVOKED : CHANNEL_FENCED, why);
}

export type OperatorRouter = typeof operatorRouter;
