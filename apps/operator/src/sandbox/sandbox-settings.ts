/**
 * What an operator's owner says about sandboxes, and what follows for one agent. The operator's own configuration is the
 * authority: no host can widen it.
 */
import type { ProfileSandbox } from "@signalbox/catalog/operator-protocol";
import type { SandboxPolicy } from "@signalbox/catalog/sandbox-entry";
import { z } from "zod";
import { ALLOWED_DOMAINS_CHARACTERS } from "../limits.ts";
import { isDomainRule } from "./allow-list.ts";
import type { Availability } from "./availability.ts";

/** `required`: no sandbox, no run. `preferred`: without one where there is none. `off`: never one. */
export const SandboxMode = z.enum(["required", "preferred", "off"]);
export type SandboxMode = z.infer<typeof SandboxMode>;

/** Where people keep keys. Unless a profile says otherwise nothing of it can be read in a sandbox. */
const SECRET_PLACES = [
  "~/.ssh",
  "~/.gnupg",
  "~/.aws",
  "~/.azure",
  "~/.config/gcloud",
  "~/.config/gh",
  "~/.kube",
  "~/.docker",
  "~/.netrc",
  "~/.npmrc",
  "~/.git-credentials",
];

const Path = z
  .string()
  .regex(/^(\/|~\/)/, "must be an absolute path, or begin with ~/")
  .max(300);

/** `sandbox` of a profile in `profiles.json`. */
export const SandboxSettings = z.strictObject({
  /** Absent: what `SIGNALBOX_SANDBOX` says. */
  mode: SandboxMode.optional(),
  allowedDomains: z
    .array(
      z.string().max(300).refine(isDomainRule, "must be a host, such as api.example.com, *.example.com or host:443"),
    )
    .max(200)
    .refine(
      (rules) => rules.join("").length <= ALLOWED_DOMAINS_CHARACTERS,
      `must be at most ${ALLOWED_DOMAINS_CHARACTERS} characters in all`,
    )
    .default([]),
  allowWrite: z.array(Path).max(50).default([]),
  denyRead: z.array(Path).max(200).default(SECRET_PLACES),
});
export type SandboxSettings = z.infer<typeof SandboxSettings>;

/** How one agent runs here: in a sandbox, in none with the reason, or not at all. */
export type SandboxPlan =
  | { kind: "bubblewrap"; policy: SandboxPolicy }
  | { kind: "none"; policy: SandboxPolicy; reason: string }
  | { kind: "missing"; policy: SandboxPolicy; reason: string };

export interface SandboxPlanInput {
  settings: SandboxSettings;
  /** What the environment says; null when it says nothing. */
  operatorMode: SandboxMode | null;
  /** The demo model's commands are fixed: it runs without a sandbox where there is none. */
  isDemo: boolean;
  availability: Availability;
}

export function planSandbox({ settings, operatorMode, isDemo, availability }: SandboxPlanInput): SandboxPlan {
  const { mode: _, ...policy } = settings;
  const mode = settings.mode ?? operatorMode ?? (isDemo ? "preferred" : "required");
  if (mode === "off") {
    const reason =
      settings.mode === "off"
        ? "The operator's profiles.json says that this agent runs without a sandbox."
        : "SIGNALBOX_SANDBOX=off: this operator runs its agents without a sandbox.";
    return { kind: "none", policy, reason };
  }
  if (availability.isAvailable) return { kind: "bubblewrap", policy };
  if (mode === "required") return { kind: "missing", policy, reason: availability.reason };
  const told = settings.mode ?? operatorMode;
  const why = told
    ? "The operator's configuration lets this agent run without one."
    : "The demo agent changes only its workspace folder, through its own tools, and its one command is fixed.";
  return { kind: "none", policy, reason: `${availability.reason} ${why}` };
}

/** The plan of any agent of this operator. */
export function createSandboxPlanner(
  operatorMode: SandboxMode | null,
  availability: Availability,
): (agent: { sandbox: SandboxSettings; shown: { isDemo: boolean } }) => SandboxPlan {
  return ({ sandbox: settings, shown: { isDemo } }) => planSandbox({ settings, operatorMode, isDemo, availability });
}

/** The plan as the host hears it with the profile. */
export function shownSandbox(plan: SandboxPlan): ProfileSandbox {
  const { allowedDomains } = plan.policy;
  return plan.kind === "bubblewrap"
    ? { kind: plan.kind, allowedDomains }
    : { kind: plan.kind, reason: plan.reason, allowedDomains };
}
