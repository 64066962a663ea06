/** JSON Schemas of all that is said on a wire: whatever these modules of the catalog export as a schema. */
import * as errorCode from "@signalbox/catalog/error-code";
import * as operatorProtocol from "@signalbox/catalog/operator-protocol";
import * as pollAnswers from "@signalbox/catalog/poll-answers";
import * as rateLimits from "@signalbox/catalog/rate-limits";
import * as signals from "@signalbox/catalog/signals";
import * as streamFrames from "@signalbox/catalog/stream-frames";
import * as turnEntry from "@signalbox/catalog/turn-entry";
import * as usage from "@signalbox/catalog/usage";
import { z } from "zod";
import { toJsonSchema, type JsonSchema } from "./json-schema.ts";

const MODULES = {
  ...signals,
  ...turnEntry,
  ...streamFrames,
  ...operatorProtocol,
  ...pollAnswers,
  ...usage,
  ...rateLimits,
  ...errorCode,
};

/** Names as exported (`TurnEntry`) to their schemas, by name. */
export function namedSchemas(): Map<string, JsonSchema> {
  const found = Object.entries(MODULES).flatMap(([name, value]): [string, JsonSchema][] =>
    value instanceof z.ZodType ? [[name, toJsonSchema(value)]] : [],
  );
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `turn-entry.json` for `TurnEntry`. */
export function schemaFile(name: string): string {
  return `${name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.json`;
}
