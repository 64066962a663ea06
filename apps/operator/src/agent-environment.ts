/** The environment that an agent's process gets. The built-in agent needs our model's settings; nobody else gets any of ours. */
import { agentEnvironment, namedEnvironment, runnerEnvironment } from "./config.ts";
import type { Profile } from "./profiles.ts";

export function environmentOf(profile: Profile): Record<string, string> {
  if (profile.kind === "builtin") return { ...runnerEnvironment(), ...profile.env };
  if (profile.variables === null) return agentEnvironment(profile.env);
  return { ...namedEnvironment(profile.variables), ...profile.env };
}
