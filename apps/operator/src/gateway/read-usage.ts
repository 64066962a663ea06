/**
 * What a model's answer says that it used, read from the bytes as they pass: one JSON document, or a stream of events. The
 * three APIs name it differently; in a stream counts are repeated and grow, so the newest of each field counts.
 */
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { StringDecoder } from "node:string_decoder";
import { GATEWAY_BODY_READ, GATEWAY_LINE_READ } from "../limits.ts";
import { count, isRecord, record, text, type JsonRecord } from "../json-value.ts";

type Usage = Extract<TurnEntry, { kind: "usage" }>;

export interface UsageReader {
  /** A piece of the answer's body. */
  push(chunk: Buffer): void;
  /** The body is over, or was cut: what is known of its usage, or null. */
  end(): Usage | null;
}

export function createUsageReader(contentType: string): UsageReader {
  const decoder = new StringDecoder("utf8");
  const isStream = /text\/event-stream|application\/x-ndjson/i.test(contentType);
  const isJson = /\bjson\b/i.test(contentType);
  const found: Found = { model: null, counts: {} };
  let held = "";
  let isTooLong = false;

  function take(document: string): void {
    try {
      readDocument(JSON.parse(document), found);
    } catch {
      // No JSON: a comment, the end marker of a stream, or a body that was cut.
    }
  }

  function takeLines(): void {
    const lines = held.split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) take(line.slice(5));
    // A line without end is not held: what it says is not read, and the next one is.
    if (held.length > GATEWAY_LINE_READ) held = "";
  }

  return {
    push(chunk) {
      if (isTooLong || (!isStream && !isJson)) return;
      held += decoder.write(chunk);
      if (isStream) takeLines();
      else if (held.length > GATEWAY_BODY_READ) {
        held = "";
        isTooLong = true;
      }
    },
    end() {
      held += decoder.end();
      if (isStream) {
        held += "\n";
        takeLines();
      } else if (isJson && !isTooLong) take(held);
      return usageOf(found);
    },
  };
}

interface Found {
  model: string | null;
  /** As the API names them. */
  counts: Record<string, number>;
}

/** A document, or an event of a stream: usage stands at its top, in the response or the message that it carries. */
function readDocument(value: unknown, found: Found): void {
  // Gemini's stream may be one array of documents.
  if (Array.isArray(value)) {
    for (const one of value) readDocument(one, found);
    return;
  }
  const document = record(value);
  for (const place of [document, record(document["response"]), record(document["message"])]) {
    found.model = text(place["model"]) ?? text(place["modelVersion"]) ?? found.model;
    for (const usage of [place["usage"], place["usageMetadata"]]) if (isRecord(usage)) readCounts(usage, "", found);
  }
}

/** Nested details are named by their path. */
function readCounts(usage: JsonRecord, prefix: string, found: Found): void {
  for (const [name, value] of Object.entries(usage)) {
    const number = count(value);
    if (number !== undefined) found.counts[prefix + name] = number;
    else if (isRecord(value) && prefix === "") readCounts(value, `${name}.`, found);
  }
}

/** Input holds what came from the cache, output holds the thoughts, as everywhere in a turn's log. */
function usageOf({ model, counts }: Found): Usage | null {
  const first = (...names: string[]): number | undefined =>
    names.map((name) => counts[name]).find((n) => n !== undefined);
  const cachedBeside = (counts["cache_read_input_tokens"] ?? 0) + (counts["cache_creation_input_tokens"] ?? 0);
  const input = first("input_tokens", "prompt_tokens", "promptTokenCount");
  const output = first("output_tokens", "completion_tokens", "candidatesTokenCount");
  const thoughtsBeside = counts["thoughtsTokenCount"];
  if (input === undefined && output === undefined) return null;
  const inputTokens = (input ?? 0) + cachedBeside;
  const outputTokens = (output ?? 0) + (thoughtsBeside ?? 0);
  const cachedReadTokens = first(
    "cache_read_input_tokens",
    "input_tokens_details.cached_tokens",
    "prompt_tokens_details.cached_tokens",
    "cachedContentTokenCount",
  );
  const cachedWriteTokens = first("cache_creation_input_tokens");
  const thoughtTokens = first(
    "thoughtsTokenCount",
    "output_tokens_details.reasoning_tokens",
    "completion_tokens_details.reasoning_tokens",
  );
  return {
    kind: "usage",
    scope: "step",
    ...(model ? { model: model.slice(0, 200) } : {}),
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(cachedReadTokens === undefined ? {} : { cachedReadTokens }),
    ...(cachedWriteTokens === undefined ? {} : { cachedWriteTokens }),
    ...(thoughtTokens === undefined ? {} : { thoughtTokens }),
  };
}
