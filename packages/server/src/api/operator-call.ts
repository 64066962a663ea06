/**
 * One message of tRPC's WebSocket protocol, answered without a socket: what a link needs that carries messages and not
 * connections. The router, the envelope and the errors are those of the WebSocket.
 */
import {
  callTRPCProcedure,
  getErrorShape,
  getTRPCErrorFromUnknown,
  isTrackedEnvelope,
  transformTRPCResponse,
} from "@trpc/server";
import { parseTRPCMessage, type TRPCResponseMessage } from "@trpc/server/rpc";
import { operatorRouter, type OperatorContext } from "./operator-router.ts";

const config = operatorRouter._def._config;

type Request = ReturnType<typeof parseTRPCMessage>;

/** Throws for what is no message of the protocol. */
export function parseOperatorMessage(text: string): Request {
  return parseTRPCMessage(JSON.parse(text), config.transformer);
}

/** Runs a query or a mutation. Never rejects: what goes wrong is the answer. */
export async function answerCall(
  message: Exclude<Request, { method: "subscription.stop" }>,
  ctx: OperatorContext,
): Promise<object> {
  const { id } = message;
  try {
    return transformTRPCResponse(config, { id, result: { type: "data", data: await run(message, ctx) } });
  } catch (cause) {
    return failure(message, ctx, cause);
  }
}

/** Runs a subscription, one message after the other as `send` takes them, until it ends or the signal says so. */
export async function runSubscription(
  message: Exclude<Request, { method: "subscription.stop" }>,
  ctx: OperatorContext,
  options: { signal: AbortSignal; send(message: object): Promise<void> },
): Promise<void> {
  const { id } = message;
  const say = (result: NonNullable<Extract<TRPCResponseMessage, { result: unknown }>["result"]>) =>
    options.send(transformTRPCResponse(config, { id, result }));
  try {
    const items = (await run(message, ctx, options.signal)) as AsyncIterable<unknown>;
    await say({ type: "started" });
    for await (const item of items) {
      if (isTrackedEnvelope(item)) {
        const [eventId, data] = item;
        await say({ type: "data", id: eventId, data: { id: eventId, data } });
      } else await say({ type: "data", data: item });
    }
    if (!options.signal.aborted) await say({ type: "stopped" });
  } catch (cause) {
    if (!options.signal.aborted) await options.send(failure(message, ctx, cause));
  }
}

function run(
  { method, params }: Exclude<Request, { method: "subscription.stop" }>,
  ctx: OperatorContext,
  signal?: AbortSignal,
): Promise<unknown> {
  return callTRPCProcedure({
    router: operatorRouter,
    path: params.path,
    getRawInput: async () => params.input,
    ctx,
    type: method,
    signal,
    batchIndex: 0,
  });
}

function failure(
  { id, method, params }: Exclude<Request, { method: "subscription.stop" }>,
  ctx: OperatorContext,
  cause: unknown,
): object {
  const error = getTRPCErrorFromUnknown(cause);
  return transformTRPCResponse(config, {
    id,
    error: getErrorShape({ config, error, type: method, path: params.path, input: params.input, ctx }),
  });
}
