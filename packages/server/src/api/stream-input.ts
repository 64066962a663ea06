/** What a stream is asked for: tRPC's `?input=`, or plain parameters for `curl` and other languages. */
import { STREAM_INPUT_MAX_BYTES } from "@signalbox/catalog/bounds";
import superjson, { type SuperJSONResult } from "superjson";
import type { z } from "zod";
import { SignalboxError } from "../errors.ts";
import type { StreamFormatName } from "../streams/stream-format.ts";

/** Throws `bad-request` for an input that is too large, or none that `schema` takes. */
export function readStreamInput<S extends z.ZodType>(schema: S, url: URL, headers: Headers): z.output<S> {
  const { searchParams } = url;
  const text = searchParams.get("input");
  if (Buffer.byteLength(text ?? url.search) > STREAM_INPUT_MAX_BYTES) {
    throw new SignalboxError("bad-request", `A stream's input may have ${STREAM_INPUT_MAX_BYTES} bytes.`, {
      maxBytes: STREAM_INPUT_MAX_BYTES,
    });
  }
  const asked = text === null ? plainInput(searchParams) : superjsonInput(text);
  // As tRPC does it: the header of a reconnect is newer than the address, which stays the same.
  const lastEventId = headers.get("last-event-id") || searchParams.get("lastEventId");
  // Beside the input too: the name of an attempt, where the input is that of the whole subscription.
  const leaseId = searchParams.get("leaseId");
  return parseInput(
    schema,
    withParameters(asked, { ...(lastEventId && { lastEventId }), ...(leaseId && { leaseId }) }),
  );
}

/** Named events when asked for, and for whoever asks without tRPC's input. */
export function readStreamFormat({ searchParams }: URL): StreamFormatName {
  const format = searchParams.get("format");
  if (format === null) return searchParams.has("input") ? "trpc" : "named";
  if (format === "named") return format;
  throw new SignalboxError("bad-request", "The one other format is `named`.", { format: format.slice(0, 40) });
}

export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 10).map((issue) => issue.path.join(".") || "input");
  throw new SignalboxError("bad-request", `The input does not fit: ${fields.join(", ")}.`, { fields });
}

function plainInput(parameters: URLSearchParams): Record<string, unknown> {
  const { topics, ...rest } = Object.fromEntries(parameters);
  return topics === undefined
    ? rest
    : { ...rest, topics: parameters.getAll("topics").flatMap((one) => one.split(",")) };
}

function superjsonInput(text: string): unknown {
  try {
    return superjson.deserialize(JSON.parse(text) as SuperJSONResult);
  } catch {
    throw new SignalboxError("bad-request", "?input= is not superjson.");
  }
}

function withParameters(input: unknown, parameters: Record<string, string>): unknown {
  return typeof input === "object" && input !== null ? { ...input, ...parameters } : input;
}
