/** Schemas as JSON Schema, their fields as rows for people, and a payload that fits them. */
import { z } from "zod";

/** The part of JSON Schema that the catalog's schemas come out as. */
export interface JsonSchema {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  [keyword: string]: unknown;
}

export interface Field {
  /** `agent.profileId`, `options[].name`. */
  path: string;
  type: string;
  isRequired: boolean;
}

/** `input`: what a sender may leave out is optional. Draft 7 is what AsyncAPI speaks. */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output" = "input"): JsonSchema {
  const {
    $schema: _,
    "~standard": __,
    ...rest
  } = z.toJSONSchema(schema, { target: "draft-7", io, unrepresentable: "any" });
  return withoutSafeIntegers(rest as JsonSchema);
}

/** The fields of an object, those of nested objects and lists under it. */
export function fieldsOf(schema: JsonSchema, prefix = ""): Field[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const own: Field = { path, type: typeOf(property), isRequired: required.has(name) };
    if (property.type === "object") return [own, ...fieldsOf(property, `${path}.`)];
    if (property.items?.type === "object") return [own, ...fieldsOf(property.items, `${path}[].`)];
    return [own];
  });
}

/** One line: the kind of value, and its bounds. */
export function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" | ");
  switch (schema.type) {
    case "array":
      return `list of ${schema.items ? typeOf(schema.items) : "anything"}${bounds(schema.minItems, schema.maxItems)}`;
    case "string":
      return `${schema.format ?? "text"}${bounds(schema.minLength, schema.maxLength)}`;
    case "integer":
    case "number":
      return `${schema.type}${bounds(schema.minimum, schema.maximum)}${schema.exclusiveMinimum === undefined ? "" : ` (> ${schema.exclusiveMinimum})`}`;
    case undefined:
      return schema.allOf ? schema.allOf.map(typeOf).join(" and ") : "anything";
    default:
      return schema.type;
  }
}

/** A payload that the schema takes: what is required, with the first choice of each. `names` gives texts by field. */
export function exampleOf(schema: JsonSchema, names: Record<string, unknown> = {}, name = ""): unknown {
  if (name in names) return names[name];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, names)));
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice) return exampleOf(choice, names, name);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type ?? "") {
    case "object":
      return Object.fromEntries(
        (schema.required ?? []).map((key) => [key, exampleOf(schema.properties?.[key] ?? {}, names, key)]),
      );
    case "array":
      return (schema.minItems ?? 1) > 0 && schema.items ? [exampleOf(schema.items, names, name.replace(/s$/, ""))] : [];
    case "string":
      return schema.format === "date" ? "2026-11-20" : "…";
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 1, 1);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return "…";
  }
}

function bounds(low: number | undefined, high: number | undefined): string {
  if (low === undefined && high === undefined) return "";
  if (high === undefined) return low === 0 ? " (≥ 0)" : ` (≥ ${low})`;
  return low === undefined ? ` (≤ ${high})` : ` (${low} to ${high})`;
}

/** zod writes the largest safe integer as a bound of every integer: true, and of no use to a reader. */
function withoutSafeIntegers(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      (key === "maximum" || key === "minimum") && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER
        ? undefined
        : value,
    ),
  ) as JsonSchema;
}
