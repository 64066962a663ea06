/** The host's configuration: the one place that reads the environment. A wrong value ends the start with one line. */
import { DRAIN_SECONDS_DEFAULT } from "@signalbox/catalog/timing";
import { SIGNAL_STREAMS_PER_PERSON, STREAMS_PER_HOST } from "@signalbox/catalog/bounds";
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { isAddressRange } from "./access/client-address.ts";
import { parseConnectionString, type WebPubSubSettings } from "./web-pubsub/settings.ts";

export interface Config {
  port: number;
  /** The address that is listened on. */
  hostname: string;
  /** The public origin, without a trailing slash. */
  url: string;
  dataDir: string;
  /** Signs sessions. */
  secret: string;
  databaseUrl: string | null;
  isDemo: boolean;
  maxStreams: number;
  /** Of each kind. */
  maxStreamsPerPerson: number;
  drainSeconds: number;
  trustedProxies: string[];
  metricsToken: string | null;
  /** The operators' second link; null without it. */
  webPubSub: WebPubSubSettings | null;
}

export type Environment = Record<string, string | undefined>;

export class ConfigError extends Error {
  constructor(variable: string, expected: string) {
    super(`${variable} must be ${expected}.`);
    this.name = "ConfigError";
  }
}

const integer = (low: number, high: number) => z.coerce.number().int().min(low).max(high);

const SECRET_MIN = 32;

/** Each variable with its schema and the words that say what it must be. */
const VARIABLES = {
  PORT: [integer(1, 65_535).default(3000), "a port number from 1 to 65535"],
  SIGNALBOX_HOST: [z.string().min(1).default("127.0.0.1"), "an address to listen on, such as 127.0.0.1"],
  SIGNALBOX_URL: [
    z
      .url({ protocol: /^https?$/ })
      .refine(isOrigin)
      .optional(),
    "the public origin without a path, such as https://signalbox.example.com",
  ],
  SIGNALBOX_DATA_DIR: [z.string().min(1).optional(), "a folder"],
  SIGNALBOX_SECRET: [z.string().min(SECRET_MIN).optional(), "a secret of at least 32 characters"],
  DATABASE_URL: [
    z
      .string()
      .regex(/^postgres(ql)?:\/\//)
      .optional(),
    "a PostgreSQL address that begins with postgres://",
  ],
  SIGNALBOX_DEMO: [z.enum(["0", "1"]).default("0"), "0 or 1"],
  SIGNALBOX_MAX_STREAMS: [integer(1, 1_000_000).default(STREAMS_PER_HOST), "a number of streams, at least 1"],
  SIGNALBOX_MAX_STREAMS_PER_PERSON: [
    integer(1, 10_000).default(SIGNAL_STREAMS_PER_PERSON),
    "a number of streams, at least 1",
  ],
  SIGNALBOX_DRAIN_SECONDS: [z.coerce.number().min(0).max(600).default(DRAIN_SECONDS_DEFAULT), "seconds, from 0 to 600"],
  SIGNALBOX_TRUSTED_PROXIES: [
    z
      .string()
      .default("")
      .transform((text) => text.split(",").flatMap((one) => one.trim() || []))
      .refine((ranges) => ranges.every(isAddressRange)),
    "addresses or CIDR ranges, separated by commas",
  ],
  SIGNALBOX_METRICS_TOKEN: [z.string().min(16).optional(), "a token of at least 16 characters"],
  SIGNALBOX_WEB_PUBSUB: [
    z
      .string()
      .transform((text) => parseConnectionString(text))
      .refine((parsed) => parsed !== null)
      .optional(),
    "a connection string of Azure Web PubSub, such as Endpoint=https://name.webpubsub.azure.com;AccessKey=…;Version=1.0;",
  ],
  SIGNALBOX_WEB_PUBSUB_KEYS: [
    z
      .string()
      .default("")
      .transform((text) => text.split(",").flatMap((one) => one.trim() || [])),
    "further access keys, separated by commas",
  ],
  SIGNALBOX_WEB_PUBSUB_HUB: [
    z
      .string()
      .regex(/^[A-Za-z]\w{0,127}$/)
      .default("signalbox"),
    "a hub's name: a letter, then letters, digits and underscores",
  ],
} satisfies Record<string, [z.ZodType, string]>;

/** Reads the configuration. `root`: the repository, under which the default data folder lies. Throws `ConfigError`. */
export function readConfig(root: string, env: Environment = process.env): Config {
  function get<K extends keyof typeof VARIABLES>(name: K): z.output<(typeof VARIABLES)[K][0]> {
    const [schema, expected] = VARIABLES[name];
    // An empty variable is an unset one: that is how compose files leave one out.
    const parsed = schema.safeParse(env[name] === "" ? undefined : env[name]);
    if (!parsed.success) throw new ConfigError(name, expected);
    return parsed.data as z.output<(typeof VARIABLES)[K][0]>;
  }
  const port = get("PORT");
  const folder = get("SIGNALBOX_DATA_DIR") ?? ".data";
  const dataDir = isAbsolute(folder) ? folder : join(root, folder);
  const databaseUrl = get("DATABASE_URL") ?? null;
  const secret = get("SIGNALBOX_SECRET");
  if (databaseUrl && !secret) {
    throw new ConfigError(
      "SIGNALBOX_SECRET",
      "set with DATABASE_URL: a secret of at least 32 characters, the same for every host",
    );
  }
  const service = get("SIGNALBOX_WEB_PUBSUB");
  return {
    port,
    hostname: get("SIGNALBOX_HOST"),
    url: (get("SIGNALBOX_URL") ?? `http://127.0.0.1:${port}`).replace(/\/+$/, ""),
    dataDir,
    secret: secret ?? keptSecret(dataDir),
    databaseUrl,
    isDemo: get("SIGNALBOX_DEMO") === "1",
    maxStreams: get("SIGNALBOX_MAX_STREAMS"),
    maxStreamsPerPerson: get("SIGNALBOX_MAX_STREAMS_PER_PERSON"),
    drainSeconds: get("SIGNALBOX_DRAIN_SECONDS"),
    trustedProxies: get("SIGNALBOX_TRUSTED_PROXIES"),
    metricsToken: get("SIGNALBOX_METRICS_TOKEN") ?? null,
    webPubSub: service
      ? {
          endpoint: service.endpoint,
          keys: [service.key, ...get("SIGNALBOX_WEB_PUBSUB_KEYS")],
          hub: get("SIGNALBOX_WEB_PUBSUB_HUB"),
        }
      : null,
  };
}

/** What a process beside the host inherits: the host's own secrets are none of its business, nor of its agents' commands. */
export function environmentOfOperator(): typeof process.env {
  const inherited = { ...process.env };
  for (const name of Object.keys(inherited)) if (HOST_ONLY.test(name)) delete inherited[name];
  return inherited;
}

const HOST_ONLY = /^(SIGNALBOX_(SECRET|URL|DATA_DIR|METRICS_TOKEN|WEB_PUBSUB.*)|DATABASE_URL|PORT|npm_.*)$/;

/** Next sends nothing home. */
export function silenceNext(): void {
  process.env["NEXT_TELEMETRY_DISABLED"] = "1";
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (!url) return false;
  const { pathname, search, hash, username, password } = url;
  return pathname === "/" && !search && !hash && !username && !password;
}

/** Starts that may want to replace a torn secret at the same time. */
const SECRET_TRIES = 5;

/**
 * The embedded store's secret is made once and kept beside it, readable by its owner alone. One that is empty or torn (the
 * machine lost its power, or a disk was full) has signed nothing that could still be checked: it is replaced.
 */
function keptSecret(dataDir: string): string {
  const path = join(dataDir, "secret");
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    for (let tries = 0; tries < SECRET_TRIES; tries++) {
      putOnce(path, randomBytes(32).toString("base64url"));
      const kept = readFileSync(path, "utf8");
      if (kept.trim().length >= SECRET_MIN) return kept.trim();
      takeAway(path, kept);
    }
  } catch (error) {
    throw new ConfigError("SIGNALBOX_DATA_DIR", `a folder that can be written to (${(error as Error).message})`);
  }
  throw new ConfigError(
    "SIGNALBOX_SECRET",
    `a secret of at least ${SECRET_MIN} characters; none can be kept in ${path}`,
  );
}

/** A hard link appears whole or not at all, and what it leads to is on the disk before: nobody reads half of it. */
function putOnce(path: string, text: string): void {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, text, { mode: 0o600, flush: true });
  try {
    linkSync(mine, path);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    unlinkSync(mine);
  }
}

/** Moves a torn secret aside; if meanwhile another start has put a whole one there, puts that back. */
function takeAway(path: string, torn: string): void {
  const aside = `${path}.${process.pid}.torn`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, "utf8") !== torn) linkSync(aside, path);
  } catch (error) {
    // Another start was quicker, with the one step or with the other.
    if (!isCode(error, "ENOENT") && !isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === code;
}
