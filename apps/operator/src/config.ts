/** The environment of daemon and runner, read in one place. A wrong value throws a ConfigError of one line. */
import { delimiter, isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { SandboxMode } from "./sandbox/sandbox-settings.ts";

export class ConfigError extends Error {}

export interface ModelConfig {
  /** An OpenAI-compatible endpoint, without a trailing slash. */
  baseUrl: string;
  apiKey: string | null;
  name: string;
  /** Its host, in words for a person; said where the address is that of the operator's gateway. */
  provider: string;
}

/** How the host is reached: its WebSocket (`ws:` or `wss:`), or the place that gives the way into its Web PubSub service. */
export interface Channel {
  link: "websocket" | "web-pubsub";
  url: string;
}

export interface DaemonConfig {
  channel: Channel;
  token: string;
  /** Absolute. */
  operatorDir: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Our own settings and credentials: the host may have started us with its whole environment. */
const OURS = /^(SIGNALBOX_|MODEL_|DATABASE_URL$)/;

/** What must never reach an agent or a command that it runs. */
const SECRET_NAMES = ["SIGNALBOX_OPERATOR_TOKEN"];

export function readDaemonConfig(env: Environment = process.env): DaemonConfig {
  return {
    channel: channel(
      env["SIGNALBOX_OPERATOR_LINK"]?.trim() || "websocket",
      required(env, "SIGNALBOX_HOST_URL", "the host's address, such as http://127.0.0.1:3000"),
    ),
    token: token(required(env, "SIGNALBOX_OPERATOR_TOKEN", "the token that `operator enroll` printed (sbx_op_…)")),
    operatorDir: resolve(required(env, "SIGNALBOX_OPERATOR_DIR", "a folder for spool and workspaces")),
  };
}

/** The model behind the built-in agent, or null for its demo model. */
export function readModelConfig(env: Environment = process.env): ModelConfig | null {
  const baseUrl = env["MODEL_BASE_URL"]?.trim();
  const name = env["MODEL_NAME"]?.trim();
  if (!baseUrl) return null;
  if (!isHttpUrl(baseUrl)) {
    throw new ConfigError("MODEL_BASE_URL must be an http or https address, such as https://models.example/v1.");
  }
  if (!name) throw new ConfigError("MODEL_NAME must name the model, since MODEL_BASE_URL is set.");
  return {
    baseUrl: baseUrl.replace(/\/+$/, ""),
    apiKey: env["MODEL_API_KEY"]?.trim() || null,
    name,
    provider: env["MODEL_PROVIDER"]?.trim() || new URL(baseUrl).host,
  };
}

export interface SandboxConfig {
  /** Null: each agent's own default. */
  mode: SandboxMode | null;
  /** Folders that no sandbox may read. Absolute. */
  hidden: string[];
  /** Where the sandbox's tools are looked for. */
  path: string | undefined;
}

export function readSandboxConfig(env: Environment = process.env): SandboxConfig {
  const mode = env["SIGNALBOX_SANDBOX"]?.trim();
  const parsed = mode ? SandboxMode.safeParse(mode) : null;
  if (parsed?.success === false) {
    throw new ConfigError("SIGNALBOX_SANDBOX must be required, preferred or off.");
  }
  const hidden = (env["SIGNALBOX_SANDBOX_HIDES"] ?? "").split(delimiter).filter((path) => path !== "");
  if (!hidden.every((path) => isAbsolute(path))) {
    throw new ConfigError("SIGNALBOX_SANDBOX_HIDES must be absolute paths, with a colon between them.");
  }
  return { mode: parsed?.data ?? null, hidden, path: env["PATH"] };
}

/** The environment that a runner gets: ours without the operator's credential. */
export function runnerEnvironment(env: Environment = process.env): Record<string, string> {
  return definedEntries(env, (name) => !SECRET_NAMES.includes(name));
}

/** The operator's whole environment: for looking a key up, never to be handed on. */
export function operatorEnvironment(): Environment {
  return process.env;
}

/** What any program needs to find its files, its language and the way out. */
const BASE_NAMES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "TMPDIR",
  "TERM",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** What the built-in agent reads. The gateway adds the model's address and what stands for its key. */
const BUILTIN_NAMES = ["MODEL_NAME", "SIGNALBOX_DEMO_PACE_MS", "SIGNALBOX_DEMO_ASKS"];

export function builtinEnvironment(env: Environment): Record<string, string> {
  return definedEntries(env, (name) => BASE_NAMES.includes(name) || BUILTIN_NAMES.includes(name));
}

/** What any program needs, and these variables of the operator's. */
export function namedEnvironment(names: readonly string[], env: Environment = process.env): Record<string, string> {
  // Names of ours are not to be had, whatever a file allows.
  return definedEntries(env, (name) => BASE_NAMES.includes(name) || (names.includes(name) && !OURS.test(name)));
}

function definedEntries(env: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => isWanted(name)));
}

function required(env: Environment, name: string, meaning: string): string {
  const value = env[name]?.trim();
  if (!value) throw new ConfigError(`${name} is missing; it must be ${meaning}.`);
  return value;
}

function channel(link: string, hostUrl: string): Channel {
  if (link !== "websocket" && link !== "web-pubsub") {
    throw new ConfigError("SIGNALBOX_OPERATOR_LINK must be websocket (the default) or web-pubsub.");
  }
  if (!isHttpUrl(hostUrl)) {
    throw new ConfigError("SIGNALBOX_HOST_URL must be an http or https address, such as http://127.0.0.1:3000.");
  }
  const url = new URL(hostUrl);
  if (link === "websocket") url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.pathname = link === "websocket" ? "/__/operator" : "/__/operator/negotiate";
  url.search = "";
  url.hash = "";
  url.username = "";
  url.password = "";
  return { link, url: url.href };
}

function token(value: string): string {
  if (
    !z
      .string()
      .regex(/^sbx_op_[\x21-\x7e]{1,500}$/)
      .safeParse(value).success
  ) {
    throw new ConfigError("SIGNALBOX_OPERATOR_TOKEN must be an operator's token: it begins with sbx_op_.");
  }
  return value;
}

/** Whether what is said to the host can be read on the way there. */
export function isInTheClear({ url }: Channel): boolean {
  const { protocol, hostname } = new URL(url);
  const isOfThisMachine = hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  return (protocol === "ws:" || protocol === "http:") && !isOfThisMachine;
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "http:" || url?.protocol === "https:";
}
