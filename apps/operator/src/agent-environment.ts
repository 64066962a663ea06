/**
 * The environment that an agent's process gets: what any program needs, what its profile names, and nothing else of the
 * operator's. The tokens of forges and the keys behind gateways are never among it, whichever agent they are for.
 */
import { readAllowedAgents } from "./allowed-agents.ts";
import { builtinEnvironment, ConfigError, namedEnvironment, operatorEnvironment, type Environment } from "./config.ts";
import { keyVariableOf } from "./gateway/gateway-settings.ts";
import { loadProfiles, type Profile } from "./profiles.ts";
import { readRepositories } from "./repositories.ts";

export function environmentOf(
  profile: Profile,
  operatorDir: string,
  env: Environment = operatorEnvironment(),
): Record<string, string> {
  if (profile.kind === "builtin") return { ...builtinEnvironment(env), ...profile.env };
  const withheld = profile.variables.length > 0 ? withheldVariables(operatorDir) : [];
  const named = withheld === null ? [] : profile.variables.filter((name) => !withheld.includes(name));
  const all = { ...namedEnvironment(named, env), ...profile.env };
  if (!profile.gateway) return all;
  const { [keyVariableOf(profile.gateway)]: _, ...keyless } = all;
  return keyless;
}

/** Null where a file that says what they are can't be read: then nothing is given away. */
function withheldVariables(operatorDir: string): string[] | null {
  try {
    const agents = [...loadProfiles(operatorDir, null), ...readAllowedAgents(operatorDir)];
    return [
      ...agents.flatMap(({ gateway }) => (gateway ? [keyVariableOf(gateway)] : [])),
      ...readRepositories(operatorDir).flatMap(({ forge }) => (forge ? [forge.tokenVariable] : [])),
    ];
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
