/** The environment of the built-in agent, and the environment that its commands get. */
import { dirname } from "node:path";
import { readModelConfig, type ModelConfig } from "../config.ts";

export interface AgentConfig {
  /** Null: the demo model. */
  model: ModelConfig | null;
  /** Milliseconds per word of the demo model (`SIGNALBOX_DEMO_PACE_MS`, 0 to 1000, default 30). */
  paceMs: number;
  /** The demo model asks before it acts, as a real one does (`SIGNALBOX_DEMO_ASKS=1`). */
  demoAsks: boolean;
}

const DEFAULT_PACE_MS = 30;

/** Nothing of ours and no key reaches a command: only what a shell needs. */
const COMMAND_VARIABLES = ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TERM"];

/** The way out of a sandbox: without it a command has no network at all. */
const PROXY_VARIABLES = [
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
  "NODE_USE_ENV_PROXY",
  "GIT_SSH_COMMAND",
];

export function readAgentConfig(env: NodeJS.ProcessEnv = process.env): AgentConfig {
  const pace = Number(env["SIGNALBOX_DEMO_PACE_MS"] ?? DEFAULT_PACE_MS);
  return {
    model: readModelConfig(env),
    demoAsks: env["SIGNALBOX_DEMO_ASKS"] === "1",
    paceMs: Number.isFinite(pace) && pace >= 0 && pace <= 1_000 ? pace : DEFAULT_PACE_MS,
  };
}

export function commandEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  // Outside of a sandbox a proxy's address may carry a password of the owner's.
  const names = env["SANDBOX_RUNTIME"] === "1" ? [...COMMAND_VARIABLES, ...PROXY_VARIABLES] : COMMAND_VARIABLES;
  const chosen = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  // The Node that runs the agent is there for its commands too, whatever the machine has.
  return { ...Object.fromEntries(chosen), PATH: `${dirname(process.execPath)}:${env["PATH"] ?? "/usr/bin:/bin"}` };
}
