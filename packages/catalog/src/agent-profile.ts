import { z } from "zod";
import { ARGUMENT_MAX, PROFILE_ARGUMENTS, PROFILE_VARIABLES } from "./bounds.ts";

/**
 * Agents as people configure and pick them. A profile made in a workspace only names a command: whether it may run is
 * decided beside each operator, by what its owner has allowed there.
 */
const Id = z.string().min(1).max(64);

/**
 * What becomes of an agent's requests for permission before a person is asked: all are asked, what only reads is allowed,
 * everything is allowed, everything is refused.
 */
export const PERMISSION_POLICIES = ["ask", "allow-reads", "allow", "reject"] as const;
export type PermissionPolicy = (typeof PERMISSION_POLICIES)[number];

/** The built-in agent as each operator registers it, and what runs where nobody picked an agent. */
export const BUILTIN_PROFILE_ID = "builtin";

/** The command of a profile that means the built-in agent: every operator has it, and it takes no arguments. */
export const BUILTIN_COMMAND = "signalbox-agent";

/** An environment variable's name. Its value is never in a profile: it comes from the operator's own environment. */
export const VariableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, "must be a variable's name");

/** What a person writes down about an agent. */
export const ProfileSettings = z.object({
  name: z.string().trim().min(1).max(100),
  /** A program's name, or its absolute path; no shell reads it. */
  command: z.string().trim().min(1).max(1_000),
  args: z.array(z.string().max(ARGUMENT_MAX)).max(PROFILE_ARGUMENTS),
  env: z.array(VariableName).max(PROFILE_VARIABLES),
  /** Asked of the agent where it lets its model be chosen; null leaves it alone. */
  model: z.string().trim().min(1).max(200).nullable(),
  policy: z.enum(PERMISSION_POLICIES),
});
export type ProfileSettings = z.infer<typeof ProfileSettings>;

/** A workspace's profile on its way to an operator. */
export const WorkspaceProfile = z.object({ id: Id, ...ProfileSettings.shape });
export type WorkspaceProfile = z.infer<typeof WorkspaceProfile>;

/**
 * Whether an operator can run an agent. `missing`: there is no such program. `not-allowed`: its owner has not allowed this
 * command line. `broken`: it started, and did not answer as an agent.
 */
export const AgentPresence = z.object({
  state: z.enum(["ready", "missing", "not-allowed", "broken"]),
  /** As the agent said it. */
  version: z.string().max(100).optional(),
  /** For a person: what is wrong, or what the agent calls itself. */
  detail: z.string().max(500).optional(),
});
export type AgentPresence = z.infer<typeof AgentPresence>;
