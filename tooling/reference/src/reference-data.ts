/** The reference as data: all that the pages, the Markdown and the AsyncAPI document show, from the catalog's own source. */
import * as bounds from "@signalbox/catalog/bounds";
import type { SignalDefinition } from "@signalbox/catalog/define-signals";
import { ERROR_STATUS } from "@signalbox/catalog/error-code";
import type { NotificationRule } from "@signalbox/catalog/notifications";
import * as operatorProtocol from "@signalbox/catalog/operator-protocol";
import { PANELS } from "@signalbox/catalog/panels";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { SIGNAL_NAMES, SIGNALS, SUBJECTS, type SignalName } from "@signalbox/catalog/signals";
import { CLOSE_CODES, EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import * as timing from "@signalbox/catalog/timing";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exampleOf, fieldsOf, toJsonSchema, type Field, type JsonSchema } from "./json-schema.ts";
import { commentBefore, findEmitters, readDocumented, type Documented } from "./read-source.ts";

export interface SignalEntry {
  name: string;
  subject: string;
  audience: string;
  summary: string;
  ids: { name: string; isRequired: boolean }[];
  /** A whole payload as JSON. */
  example: string;
  /** Files of the server, from the repository's root. */
  emittedBy: string[];
  /** Live panels that are read again. */
  moves: string[];
  /** Who is told of it, in words: `the plan's assignee`; in which category, and what they read. */
  notifies: { whom: string; category: string; says: string } | null;
}

export interface Shape {
  name: string;
  description: string;
  fields: Field[];
  example: string;
}

export interface Constant {
  name: string;
  value: number;
  /** In words: `15 s`, `64 KiB`. */
  words: string;
  reason: string;
}

export interface ReferenceData {
  protocol: number;
  subjects: { subject: string; signals: SignalEntry[] }[];
  entries: Shape[];
  streams: { stream: string; address: string; frames: Shape[] }[];
  closeCodes: { code: string; client: string; description: string }[];
  operator: Shape[];
  panels: {
    id: string;
    title: string;
    summary: string;
    freshness: string;
    subjects: string[];
    input: Field[];
    output: Field[];
  }[];
  times: Constant[];
  sizes: Constant[];
  errors: { code: string; status: number }[];
}

const CATALOG = "packages/catalog/src";
const EMITTERS = "packages/server/src";

/** Ids and texts that make examples read like the real thing. */
const WORDS: Record<string, unknown> = {
  seq: 1,
  at: 1_795_132_800_000,
  serverTime: 1_795_132_800_000,
  heartbeatMs: timing.HEARTBEAT_MS,
  protocol: PROTOCOL_VERSION,
  text: "Reading the board.",
  data: "ok\n",
  title: "Read the board",
  profileId: "builtin",
  status: undefined,
};

/** Reads the catalog and the server's source under the repository's root. Throws for a signal that nothing emits. */
export async function readReference(root: string): Promise<ReferenceData> {
  const source = async (name: string) => readDocumented(await readFile(join(root, CATALOG, `${name}.ts`), "utf8"));
  const raw = (name: string) => readFile(join(root, CATALOG, `${name}.ts`), "utf8");
  const emitters = await findEmitters(root, EMITTERS);
  const silent = SIGNAL_NAMES.filter((name) => !emitters.has(name));
  if (silent.length > 0) {
    throw new Error(`Nothing in ${EMITTERS} emits ${silent.join(", ")}: emit it, or take it out of the catalog.`);
  }
  const frames = await source("stream-frames");
  return {
    protocol: PROTOCOL_VERSION,
    subjects: SUBJECTS.map((subject) => ({
      subject,
      signals: SIGNAL_NAMES.filter((name) => SIGNALS[name].subject === subject).map((name) =>
        signalEntry(name, emitters.get(name) ?? []),
      ),
    })),
    entries: entryShapes(await raw("turn-entry")),
    streams: [
      { stream: "events", address: "/__/events", frames: frameShapes(EventsFrame, frames) },
      { stream: "turn", address: "/__/turn", frames: frameShapes(TurnFrame, frames) },
    ],
    closeCodes: Object.entries(CLOSE_CODES).map(([code, client]) => ({
      code,
      client,
      description: commentBefore(frames, new RegExp(`"?${code}"?: `)),
    })),
    operator: operatorShapes(await source("operator-protocol")),
    panels: Object.entries(PANELS).map(([id, { title, summary, freshness, input, output }]) => ({
      id,
      title,
      summary,
      freshness: freshness.kind,
      subjects: "subjects" in freshness ? [...freshness.subjects] : [],
      input: fieldsOf(toJsonSchema(input)),
      output: fieldsOf(toJsonSchema(output, "output")),
    })),
    times: constants(timing, await source("timing"), timeInWords),
    sizes: constants(bounds, await source("bounds"), sizeInWords),
    errors: Object.entries(ERROR_STATUS).map(([code, status]) => ({ code, status })),
  };
}

/** A payload of this signal that the catalog's own schema takes. */
export function signalExample(name: SignalName): Record<string, unknown> {
  const { ids, audience } = requirementsOf(name);
  return {
    name,
    ids: Object.fromEntries(ids.filter(({ isRequired }) => isRequired).map((id) => [id.name, `${id.name}-1`])),
    workspaceId: "workspace-1",
    ...(audience === "person" && { personId: "person-1" }),
    at: WORDS["at"],
  };
}

export function requirementsOf(name: SignalName): { ids: { name: string; isRequired: boolean }[]; audience: string } {
  const { subject, ids, audience, ...rest } = SIGNALS[name];
  const optional: readonly string[] = "optionalIds" in rest ? rest.optionalIds : [];
  return {
    audience,
    ids: [
      ...[subject, ...ids].map((id) => ({ name: id, isRequired: true })),
      ...optional.map((id) => ({ name: id, isRequired: false })),
    ],
  };
}

function signalEntry(name: SignalName, emittedBy: string[]): SignalEntry {
  const { subject, summary, notifies }: SignalDefinition = SIGNALS[name];
  const moves = Object.entries(PANELS).filter(
    ([, { freshness }]) => "subjects" in freshness && freshness.subjects.some((one) => one === subject),
  );
  return {
    name,
    subject,
    summary,
    ...requirementsOf(name),
    example: pretty(signalExample(name)),
    emittedBy,
    moves: moves.map(([id]) => id),
    notifies: notifies ? { whom: whomOf(notifies), category: notifies.category, says: notifies.says } : null,
  };
}

function whomOf({ about, tells }: NotificationRule): string {
  return tells.map((who) => (who === "owners" ? "the workspace's owners" : `the ${about}'s ${who}`)).join(" and ");
}

function entryShapes(source: string): Shape[] {
  const documented = readDocumented(source);
  return TurnEntry.options.map((option) => {
    const schema = toJsonSchema(option);
    const kind = String(schema.properties?.["kind"]?.const);
    const declared = new RegExp(`const \\w+ = z\\.object\\(\\{\\s*kind: z\\.literal\\("${kind}"\\)`);
    const { seq, at } = WORDS;
    return shape(kind, commentBefore(documented, declared), schema, { seq, at });
  });
}

function frameShapes(union: typeof EventsFrame | typeof TurnFrame, documented: readonly Documented[]): Shape[] {
  return union.options.map((option) => {
    const schema = toJsonSchema(option);
    const type = String(schema.properties?.["type"]?.const);
    const isTurn = union === TurnFrame;
    // `resync` is a frame of both streams: the one of turns comes later in the file.
    const declared = typeLiteral(type);
    const comments = documented.filter(({ code }) => declared.exec(code)?.index === 0).map(({ comment }) => comment);
    const comment = (isTurn ? comments.at(-1) : comments[0]) ?? "";
    return shape(type, type === "close" ? "The host ends the stream by its own will." : comment, schema);
  });
}

/** Messages of the channel, and those that they are made of: every schema that the module exports. */
function operatorShapes(documented: readonly Documented[]): Shape[] {
  return Object.entries(operatorProtocol).flatMap(([name, schema]) => {
    const comment = commentBefore(documented, new RegExp(`export const ${name} = `));
    if (!(schema instanceof z.ZodDiscriminatedUnion)) return [shape(name, comment, toJsonSchema(schema))];
    return schema.options.map((option) => {
      const json = toJsonSchema(option);
      const type = String(json.properties?.["type"]?.const);
      return shape(`${name} ${type}`, commentBefore(documented, typeLiteral(type)), json);
    });
  });
}

function typeLiteral(type: string): RegExp {
  return new RegExp(`z\\.object\\(\\{\\s*type: z\\.literal\\("${type}"\\)`);
}

function shape(name: string, description: string, schema: JsonSchema, position: Record<string, unknown> = {}): Shape {
  if (description === "") throw new Error(`${name} has no comment beside it in the catalog: say what it is.`);
  const { status: _, ...words } = WORDS;
  const example = { ...position, ...(exampleOf(schema, words) as object) };
  return { name, description, fields: fieldsOf(schema), example: pretty(example) };
}

function constants(
  module: Record<string, unknown>,
  documented: readonly Documented[],
  words: (name: string, value: number) => string,
): Constant[] {
  const found = Object.entries(module).flatMap(([name, value]) => {
    if (typeof value !== "number") return [];
    const declared = new RegExp(`export const ${name}\\b`);
    const reason = commentBefore(documented, declared);
    if (reason === "") throw new Error(`${name} has no reason beside it: say why it has this value.`);
    const place = documented.findIndex(({ code }) => declared.test(code));
    return [{ place, constant: { name, value, words: words(name, value), reason } }];
  });
  // As they stand in the source, where neighbours belong together.
  return found.toSorted((a, b) => a.place - b.place).map(({ constant }) => constant);
}

function timeInWords(name: string, value: number): string {
  if (!name.endsWith("_MS")) return name.includes("_SECONDS") ? `${value} s` : `${value}`;
  const units = [
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ] as const;
  const [ms, unit] = units.find(([size]) => value >= size && value % (size / 2) === 0) ?? [1, "ms"];
  return `${value / ms} ${unit}`;
}

function sizeInWords(name: string, value: number): string {
  if (!name.includes("BYTES")) return value.toLocaleString("en");
  if (value % (1024 * 1024) === 0) return `${value / 1024 / 1024} MiB`;
  return value % 1024 === 0 ? `${value / 1024} KiB` : `${value.toLocaleString("en")} bytes`;
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
