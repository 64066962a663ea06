/** The agents that this operator can run: the built-in one always, others from `profiles.json` in its folder. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentProfile } from "@signalbox/catalog/operator-protocol";
import { z } from "zod";
import { ConfigError, type ModelConfig } from "./config.ts";
import { PROFILES_MAX } from "./limits.ts";

export const BUILTIN_PROFILE_ID = "builtin";

export interface Profile {
  /** As the host hears it. */
  shown: AgentProfile;
  kind: "builtin" | "external";
  command: string;
  args: string[];
  /** Added to the agent's environment. */
  env: Record<string, string>;
  /** The model, where it is known before the agent says so. */
  model?: string;
}

const ExternalProfiles = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be 1 to 64 letters, digits, dots or dashes"),
      name: z.string().min(1).max(100),
      command: z.string().min(1).max(1_000),
      args: z.array(z.string().max(4_000)).max(100).default([]),
      env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(10_000)).default({}),
    }),
  )
  .max(PROFILES_MAX);

/** The profiles, the built-in one first. Throws a ConfigError that names the file and what is wrong with it. */
export function loadProfiles(operatorDir: string, model: ModelConfig | null): Profile[] {
  return [builtinProfile(model), ...externalProfiles(join(operatorDir, "profiles.json"))];
}

function builtinProfile(model: ModelConfig | null): Profile {
  return {
    shown: {
      id: BUILTIN_PROFILE_ID,
      name: model ? `Built-in agent (${model.name})`.slice(0, 100) : "Built-in agent (demo)",
      isDemo: model === null,
    },
    kind: "builtin",
    command: process.execPath,
    args: [fileURLToPath(new URL("./agent/main.ts", import.meta.url))],
    env: {},
    model: model?.name ?? "demo",
  };
}

function externalProfiles(path: string): Profile[] {
  if (!existsSync(path)) return [];
  const parsed = ExternalProfiles.safeParse(parseFile(path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(
      `profiles.json is not a list of profiles: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  const ids = new Set([BUILTIN_PROFILE_ID]);
  return parsed.data.map(({ id, name, command, args, env }) => {
    if (ids.has(id)) throw new ConfigError(`profiles.json names the profile ${id} twice; each id must be its own.`);
    ids.add(id);
    return { shown: { id, name, isDemo: false }, kind: "external", command, args, env };
  });
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError("profiles.json must be JSON: a list of {id, name, command, args, env}.");
  }
}
