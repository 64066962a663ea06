/** What is typed about an agent's profile, and what it becomes; and the words for what a profile says. */
import type { AgentPresence, PermissionPolicy, ProfileSettings } from "@signalbox/catalog/agent-profile";

export const POLICY_WORDS: Record<PermissionPolicy, { label: string; meaning: string }> = {
  ask: { label: "Ask each time", meaning: "Whatever the agent asks, a person answers in the chat." },
  "allow-reads": { label: "Allow reading", meaning: "Reading and searching is allowed; a person answers the rest." },
  allow: { label: "Allow everything", meaning: "Nobody is asked. The agent does what it wants to do." },
  reject: { label: "Reject everything", meaning: "Whatever the agent asks for is refused." },
};

export const PRESENCE_WORDS: Record<AgentPresence["state"], string> = {
  ready: "Ready",
  missing: "Not found",
  "not-allowed": "Not allowed",
  broken: "Does not answer",
};

/** A profile as a form holds it: lists as text, one argument per line. */
export interface ProfileDraft {
  name: string;
  command: string;
  args: string;
  env: string;
  model: string;
  policy: PermissionPolicy;
}

export const NEW_PROFILE: ProfileDraft = { name: "", command: "", args: "", env: "", model: "", policy: "ask" };

export function draftOf(profile: ProfileSettings): ProfileDraft {
  return {
    name: profile.name,
    command: profile.command,
    args: profile.args.join("\n"),
    env: profile.env.join(" "),
    model: profile.model ?? "",
    policy: profile.policy,
  };
}

export function settingsOf(draft: ProfileDraft): ProfileSettings {
  return {
    name: draft.name.trim(),
    command: draft.command.trim(),
    args: draft.args.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()])),
    env: draft.env.split(/[\s,]+/u).filter((name) => name !== ""),
    model: draft.model.trim() || null,
    policy: draft.policy,
  };
}

/** As one would type it; arguments with spaces in quotes. For people: nothing ever reads it. */
export function commandLine({ command, args }: Pick<ProfileSettings, "command" | "args">): string {
  return [command, ...args].map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : JSON.stringify(word))).join(" ");
}

/** What an operator's owner adds to `allowed-agents.json` for this profile to run there. */
export function allowanceOf({ command, args, env }: Pick<ProfileSettings, "command" | "args" | "env">): string {
  return JSON.stringify({ command, args, ...(env.length > 0 ? { env } : {}) });
}
