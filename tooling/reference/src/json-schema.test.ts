import { expect, it } from "vitest";
import { z } from "zod";
import { exampleOf, fieldsOf, toJsonSchema, typeOf } from "./json-schema.ts";

it("lists the fields of nested objects and lists under their own", () => {
  const schema = z.object({
    id: z.string().min(1).max(64),
    agent: z.object({ name: z.string().optional() }),
    options: z.array(z.object({ kind: z.enum(["a", "b"]) })).max(5),
  });
  expect(fieldsOf(toJsonSchema(schema))).toEqual([
    { path: "id", type: "text (1 to 64)", isRequired: true },
    { path: "agent", type: "object", isRequired: true },
    { path: "agent.name", type: "text", isRequired: false },
    { path: "options", type: "list of object (≤ 5)", isRequired: true },
    { path: "options[].kind", type: '"a" | "b"', isRequired: true },
  ]);
});

it.each([
  [z.literal("x"), '"x"'],
  [z.number().int().nonnegative(), "integer (≥ 0)"],
  [z.number().int(), "integer"],
  [z.number().int().positive(), "integer (> 0)"],
  [z.number().min(0).max(1), "number (0 to 1)"],
  [z.string().nullable(), "text | null"],
  [z.iso.date(), "date"],
  [z.unknown(), "anything"],
  [z.boolean(), "boolean"],
])("says in a line what a value is", (schema, words) => {
  expect(typeOf(toJsonSchema(schema))).toBe(words);
});

it("makes a payload with what is required, which its schema takes", () => {
  const schema = z.object({
    kind: z.literal("k"),
    count: z.number().int().min(3),
    day: z.iso.date(),
    list: z.array(z.object({ name: z.string() })).min(1),
    choice: z.discriminatedUnion("ok", [z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false) })]),
    maybe: z.string().optional(),
  });
  const example = exampleOf(toJsonSchema(schema), { name: "Ada" });
  expect(schema.parse(example)).toEqual(example);
  expect(example).toEqual({ kind: "k", count: 3, day: "2026-11-20", list: [{ name: "Ada" }], choice: { ok: true } });
});
