/** `endpoints.json`: where signals are delivered. Whatever does not fit is refused when it is read, with one line. */
import { SIGNAL_STREAMS_PER_PERSON } from "@signalbox/catalog/bounds";
import { SIGNAL_NAMES, SUBJECTS } from "@signalbox/catalog/signals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hostOf, isPrivateLiteral } from "./address-guard.ts";
import { ConfigError } from "./config.ts";

export interface Endpoint {
  /** Names the endpoint in logs, and its position's file. */
  name: string;
  url: string;
  /** `whsec_…`, as the receiver has it. */
  secret: string;
  /** Signal names, or `subject.*`; null: every signal. */
  names: readonly string[] | null;
  /** Its host was allowed by name, so that it may be a private address. */
  isAllowed: boolean;
}

const FILE = "endpoints.json";
const KNOWN: readonly string[] = [...SIGNAL_NAMES, ...SUBJECTS.map((subject) => `${subject}.*`)];

const Entry = z.strictObject({
  name: z.string("a name").regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "lower-case letters, digits and hyphens, at most 40"),
  url: z
    .string("an http or https address")
    .max(2_000, "at most 2,000 characters")
    .refine(isHttpUrl, "an http or https address without credentials in it"),
  secret: z.string("a secret").refine(isSecret, "whsec_ and 24 to 64 bytes as base64"),
  names: z
    .array(z.string().refine((name) => KNOWN.includes(name), "a signal's name of the catalog, or `subject.*`"))
    .min(1, "at least one name; leave it out for every signal")
    .max(100, "at most 100 names")
    .optional(),
});

const Endpoints = z.strictObject({
  allow: z.array(z.string().min(1).max(253)).max(100).default([]),
  endpoints: z
    .array(Entry, "a list of endpoints")
    .min(1, "at least one endpoint")
    // Each holds a stream of its own, so that a slow receiver holds up nobody else.
    .max(SIGNAL_STREAMS_PER_PERSON, `at most ${SIGNAL_STREAMS_PER_PERSON}: give more to a relay with a key of its own`)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, "endpoints with different names"),
});

/** Reads the file of a relay's folder. Throws `ConfigError`. */
export async function readEndpoints(dir: string): Promise<Endpoint[]> {
  const text = await readFile(join(dir, FILE), "utf8").catch((error: unknown) => {
    throw new ConfigError(`${FILE} must be readable in SIGNALBOX_RELAY_DIR (${dir}): ${String(error)}.`);
  });
  return parseEndpoints(text);
}

export function parseEndpoints(text: string): Endpoint[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${FILE} must be JSON: {"endpoints": [{"name", "url", "secret"}]}.`);
  }
  const parsed = Endpoints.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(`${FILE}: ${pathOf(issue?.path ?? [])} must be ${issue?.message ?? "otherwise"}.`);
  }
  const allow = new Set(parsed.data.allow.map((host) => host.toLowerCase()));
  return parsed.data.endpoints.map(({ name, url, secret, names }) => {
    const host = hostOf(url);
    const isAllowed = allow.has(host);
    if (!isAllowed && isPrivateLiteral(host)) throw refusedAddress(name, host);
    return { name, url, secret, names: names ?? null, isAllowed };
  });
}

export function wants({ names }: Pick<Endpoint, "names">, signal: string): boolean {
  const subject = signal.slice(0, signal.indexOf("."));
  return names === null || names.includes(signal) || names.includes(`${subject}.*`);
}

export function refusedAddress(name: string, address: string): ConfigError {
  return new ConfigError(
    `${FILE}: the endpoint ${name} is at a private address (${address}); it must be a public one, or its host must be named in "allow".`,
  );
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return (
    (url?.protocol === "http:" || url?.protocol === "https:") &&
    url.username === "" &&
    url.password === "" &&
    url.hostname !== ""
  );
}

/** Standard Webhooks, "Signature scheme": between 24 and 64 bytes. */
function isSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  const bytes = encoded ? Buffer.from(encoded, "base64").length : 0;
  return bytes >= 24 && bytes <= 64 && (encoded?.length ?? 1) % 4 === 0;
}

function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text.replace(/^\./, "") || "it";
}
