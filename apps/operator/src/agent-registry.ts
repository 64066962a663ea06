/**
 * What this operator tells its host of: its own agents, the workspace's profiles with whether each may run and is there,
 * and the repositories that are open to attempts. It looks again when the profiles change, and from time to time, since programs come and go.
 */
import type { AgentPresence, WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import type { Repository } from "@signalbox/catalog/attempt";
import { AGENTS_PER_OPERATOR } from "@signalbox/catalog/bounds";
import type { AgentProfile } from "@signalbox/catalog/operator-protocol";
import { environmentOf } from "./agent-environment.ts";
import { probeAgent } from "./agent-probe.ts";
import { readAllowedAgents, type AllowedAgent } from "./allowed-agents.ts";
import type { ProfileChoice } from "./chosen-profile.ts";
import type { ModelConfig } from "./config.ts";
import { findProgram } from "./find-program.ts";
import type { HostSession } from "./host-session.ts";
import { LOOK_FOR_AGENTS_MS } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { workspaceProfile, type Profile } from "./profiles.ts";
import { shownSandbox, type SandboxPlan } from "./sandbox/sandbox-settings.ts";
import { readRepositories, shownRepositories } from "./repositories.ts";

export interface AgentRegistry {
  /** As far as they are known now. */
  list(): AgentProfile[];
  /** Where attempts can be made; none while their file can't be read. */
  repositories(): Repository[];
  /** A new connection: the workspace's profiles are read, and what was found is registered. */
  attach(session: HostSession, generation: number): void;
  /** Reads the workspace's profiles again; resolves when they are read. What is found is registered as it is found. */
  refresh(): Promise<void>;
  /** Looks for the programs again. */
  look(): void;
}

export interface AgentRegistryOptions {
  operatorDir: string;
  /** This operator's own. */
  own: readonly Profile[];
  model: ModelConfig | null;
  planOf(profile: Profile): SandboxPlan;
  log: Logger;
  /** Ends what was started to look for agents. */
  signal: AbortSignal;
  /** Milliseconds of a clock that is never set. */
  now?: () => number;
}

interface LookedFor {
  shown: AgentProfile;
  choice: ProfileChoice;
  /** Of what there is to start: it may run, and its program is there; else null. */
  key: string | null;
}

interface Probed {
  /** What was started: the same line of the same program is not started again while it is well. */
  key: string;
  presence: AgentPresence;
  /** How often it was started in a row without being well. */
  failures: number;
  /** When one that is not well is started again: it may have lacked a sign-in, or a moment of a busy machine. */
  againAt: number;
}

export function createAgentRegistry(options: AgentRegistryOptions): AgentRegistry {
  const { operatorDir, own, model, planOf, log, signal, now = () => performance.now() } = options;
  const probed = new Map<string, Probed>();
  let workspaceProfiles: WorkspaceProfile[] = [];
  let link: { session: HostSession; generation: number } | null = null;
  let registered = "";
  let probing: Promise<void> | null = null;

  function agents(): LookedFor[] {
    const allowed = allowedAgents();
    const wanted = workspaceProfiles
      .filter(({ id }) => own.every((profile) => profile.shown.id !== id))
      .map((one) => ({ one, profile: allowed === null ? UNREADABLE : workspaceProfile(one, { allowed, model }) }));
    return [
      ...own.map((profile) => look(profile.shown, profile, { profileId: profile.shown.id })),
      ...wanted.map(({ one, profile }) => {
        const shown: AgentProfile = { id: one.id, name: one.name, isDemo: false, source: "workspace" };
        const choice = { profileId: one.id, profile: one };
        if (typeof profile !== "string") return look(profile.shown, profile, choice);
        const presence: AgentPresence = { state: "not-allowed", detail: profile.slice(0, 500) };
        return { shown: { ...shown, presence }, choice, key: null };
      }),
    ].slice(0, AGENTS_PER_OPERATOR);
  }

  function look(found: AgentProfile, profile: Profile, choice: ProfileChoice): LookedFor {
    const plan = planOf(profile);
    const shown = { ...found, sandbox: shownSandbox(plan) };
    if (profile.kind === "builtin") return { shown: { ...shown, presence: READY }, choice, key: null };
    const program = findProgram(profile.command, environmentOf(profile, operatorDir)["PATH"] ?? "");
    if (!program) {
      const presence: AgentPresence = {
        state: "missing",
        detail: `There is no program ${profile.command} here.`.slice(0, 500),
      };
      return { shown: { ...shown, presence }, choice, key: null };
    }
    const { command, args, env, variables, sandbox, gateway } = profile;
    const key = JSON.stringify([program, command, args, env, variables, sandbox, gateway, plan.kind]);
    const known = probed.get(shown.id);
    // What may run in a sandbox alone is not started to be looked at where there is none.
    const isStarted = plan.kind !== "missing";
    const presence = known?.key === key ? known.presence : READY;
    return { shown: { ...shown, presence }, choice, key: isStarted ? key : null };
  }

  /** Null: the file can't be read; then nothing of the workspace runs. */
  function allowedAgents(): AllowedAgent[] | null {
    try {
      return readAllowedAgents(operatorDir);
    } catch (error) {
      log.error({ err: error }, "allowed-agents.json allows nothing");
      return null;
    }
  }

  function repositories(): Repository[] {
    try {
      return shownRepositories(readRepositories(operatorDir));
    } catch (error) {
      log.error({ err: error }, "repositories.json opens nothing");
      return [];
    }
  }

  async function register(): Promise<void> {
    const to = link;
    if (!to?.session.isOpen()) return;
    const profiles = agents().map(({ shown }) => shown);
    const words = JSON.stringify([profiles, repositories()]);
    if (words === registered) return;
    await to.session.register({ generation: to.generation, profiles, repositories: repositories() });
    registered = words;
  }

  function isDue({ shown, key }: LookedFor): boolean {
    const known = probed.get(shown.id);
    return key !== null && (known?.key !== key || now() >= known.againAt);
  }

  /** One agent after the other: each is a process, and some are large. */
  async function probeAll(): Promise<void> {
    while (!signal.aborted) {
      const next = agents().find(isDue);
      if (!next || next.key === null) break;
      const before = probed.get(next.shown.id);
      const startedAt = now();
      const presence = await probeAgent(operatorDir, next.choice, signal);
      if (signal.aborted) break;
      log.info({ agent: next.shown.id, presence }, "looked for an agent");
      const failures = presence.state === "ready" ? 0 : before?.key === next.key ? before.failures + 1 : 1;
      const pause =
        failures === 0 ? Number.POSITIVE_INFINITY : LOOK_FOR_AGENTS_MS * 2 ** Math.min(failures - 1, AGAIN_DOUBLINGS);
      probed.set(next.shown.id, { key: next.key, presence, failures, againAt: startedAt + pause });
      await register();
    }
  }

  function lookAgain(): void {
    register().catch((error: unknown) => log.warn({ err: error }, "the agents were not registered"));
    probing ??= probeAll()
      .catch((error: unknown) => log.error({ err: error }, "agents could not be looked for"))
      .finally(() => {
        probing = null;
      });
  }

  async function refresh(): Promise<void> {
    const from = link;
    if (!from?.session.isOpen()) return;
    workspaceProfiles = await from.session.profiles();
    const known = new Set([...own.map(({ shown }) => shown.id), ...workspaceProfiles.map(({ id }) => id)]);
    for (const id of probed.keys()) if (!known.has(id)) probed.delete(id);
    lookAgain();
  }

  return {
    list: () => agents().map(({ shown }) => shown),
    repositories,
    attach(session, generation) {
      link = { session, generation };
      registered = "";
      refresh().catch((error: unknown) => log.warn({ err: error }, "the workspace's profiles were not read"));
    },
    refresh,
    look: lookAgain,
  };
}

/** One that stays broken is started every half an hour in the end. */
const AGAIN_DOUBLINGS = 6;

const READY: AgentPresence = { state: "ready" };
const UNREADABLE = "This operator's allowed-agents.json can't be read, so it allows nothing.";
