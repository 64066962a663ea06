/**
 * The agents that this operator can run: the built-in one always, others from `profiles.json` in its folder, and those of
 * the workspace's profiles whose command lines its owner has allowed.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  BUILTIN_COMMAND,
  BUILTIN_PROFILE_ID,
  PERMISSION_POLICIES,
  VariableName,
  type PermissionPolicy,
  type WorkspaceProfile,
} from "@signalbox/catalog/agent-profile";
import type { AgentProfile } from "@signalbox/catalog/operator-protocol";
import { z } from "zod";
import { allowanceFor, type AllowedAgent } from "./allowed-agents.ts";
import { ConfigError, type ModelConfig } from "./config.ts";
import { GatewaySettings } from "./gateway/gateway-settings.ts";
import { PROFILES_MAX } from "./limits.ts";
import { ownScript } from "./own-script.ts";
import { SandboxSettings } from "./sandbox/sandbox-settings.ts";

export interface Profile {
  /** As the host hears it. */
  shown: AgentProfile;
  kind: "builtin" | "external";
  command: string;
  args: string[];
  /** Added to the agent's environment. */
  env: Record<string, string>;
  /** The operator's variables that it asks for, beside what any program needs. */
  variables: readonly string[];
  /** The model: known beforehand for the built-in agent, asked of any other. */
  model?: string;
  policy: PermissionPolicy;
  /** The model API that it reaches through the gateway; absent where it goes there by itself, or not at all. */
  gateway?: GatewaySettings;
  /** What may hold it, and what it may reach from inside. */
  sandbox: SandboxSettings;
}

const ExternalProfiles = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be 1 to 64 letters, digits, dots or dashes"),
      name: z.string().min(1).max(100),
      command: z.string().min(1).max(1_000),
      args: z.array(z.string().max(4_000)).max(100).default([]),
      env: z.record(VariableName, z.string().max(10_000)).default({}),
      variables: z.array(VariableName).max(100).default([]),
      model: z.string().min(1).max(200).optional(),
      policy: z.enum(PERMISSION_POLICIES).default("ask"),
      gateway: GatewaySettings.optional(),
      sandbox: SandboxSettings.prefault({}),
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
    args: [ownScript("agent/main")],
    env: {},
    variables: [],
    model: model?.name ?? "demo",
    policy: "ask",
    // Its model is behind the gateway, and that is all that it has to reach.
    sandbox: SandboxSettings.parse({}),
  };
}

/**
 * A workspace's profile as this operator would run it; a string, in words for a person, where it may not run here. The
 * built-in agent under another name takes the profile's model where there is a real one.
 */
export function workspaceProfile(
  wanted: WorkspaceProfile,
  { allowed, model }: { allowed: readonly AllowedAgent[]; model: ModelConfig | null },
): Profile | string {
  const allowance = allowanceFor(wanted, allowed);
  if (typeof allowance === "string") return allowance;
  const shown: AgentProfile = { id: wanted.id, name: wanted.name, isDemo: false, source: "workspace" };
  if (wanted.command !== BUILTIN_COMMAND) {
    return {
      shown,
      kind: "external",
      command: wanted.command,
      args: wanted.args,
      env: {},
      variables: wanted.env,
      ...(wanted.model === null ? {} : { model: wanted.model }),
      policy: wanted.policy,
      ...(allowance.gateway ? { gateway: allowance.gateway } : {}),
      sandbox: allowance.sandbox,
    };
  }
  const named = model && wanted.model !== null ? { ...model, name: wanted.model } : model;
  return {
    ...builtinProfile(named),
    shown: { ...shown, isDemo: model === null },
    // A profile's policy can be tried out without a model: its demo asks, where the plain one runs freely.
    env: named === null ? { SIGNALBOX_DEMO_ASKS: "1" } : { MODEL_NAME: named.name },
    policy: wanted.policy,
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
  return parsed.data.map(({ id, name, command, args, env, variables, model, policy, gateway, sandbox }) => {
    if (ids.has(id)) throw new ConfigError(`profiles.json names the profile ${id} twice; each id must be its own.`);
    ids.add(id);
    return {
      shown: { id, name, isDemo: false },
      kind: "external",
      command,
      args,
      env,
      variables,
      ...(model === undefined ? {} : { model }),
      policy,
      ...(gateway ? { gateway } : {}),
      sandbox,
    };
  });
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError("profiles.json must be JSON: a list of {id, name, command, args, env, variables, sandbox}.");
  }
}
