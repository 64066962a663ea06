/** The agent that is meant by a turn or a look, as this operator would run it now, or why it can't be run here. */
import type { WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import { readAllowedAgents } from "./allowed-agents.ts";
import { ConfigError, readModelConfig } from "./config.ts";
import { loadProfiles, workspaceProfile, type Profile } from "./profiles.ts";

/** Why an agent can't be run here. */
export interface Refusal {
  code: "unknown-profile" | "agent-not-allowed";
  message: string;
}

export interface ProfileChoice {
  profileId: string;
  /** The workspace's profile of that id; absent for one of the operator's own. */
  profile?: WorkspaceProfile | undefined;
}

/** Read anew each time, in the process that starts the agent: what is allowed may have changed since it was asked for. */
export function chosenProfile(operatorDir: string, choice: ProfileChoice): Profile | Refusal {
  const model = readModelConfig();
  const own = loadProfiles(operatorDir, model).find(({ shown }) => shown.id === choice.profileId);
  if (own) return own;
  if (!choice.profile) {
    return { code: "unknown-profile", message: `This operator has no agent profile "${choice.profileId}".` };
  }
  try {
    const profile = workspaceProfile(choice.profile, { allowed: readAllowedAgents(operatorDir), model });
    return typeof profile === "string" ? { code: "agent-not-allowed", message: profile } : profile;
  } catch (error) {
    if (error instanceof ConfigError) return { code: "agent-not-allowed", message: error.message };
    throw error;
  }
}
