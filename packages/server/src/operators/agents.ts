/** Agents as one picks them: each profile of the workspace and each agent of an operator, with where it can run now. */
import { BUILTIN_PROFILE_ID, type AgentPresence, type PermissionPolicy } from "@signalbox/catalog/agent-profile";
import type { AgentProfile, ProfileSandbox } from "@signalbox/catalog/operator-protocol";
import { and, asc, count, eq, isNull, ne } from "drizzle-orm";
import { isDeepStrictEqual } from "node:util";
import type { Scope } from "../access/scope.ts";
import { agentProfile, operator, run, turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";

export interface Agent {
  id: string;
  name: string;
  isDemo: boolean;
  /** Where it is configured: in the workspace, or beside an operator. */
  source: "workspace" | "operator";
  model: string | null;
  /** Null: its operator's owner decides. */
  policy: PermissionPolicy | null;
  /** The operators that know it. */
  operators: {
    operatorId: string;
    name: string;
    isOnline: boolean;
    presence: AgentPresence;
    sandbox: ProfileSandbox | null;
  }[];
  /** Runs that it works on now, and how many of these wait for a person. */
  working: number;
  waiting: number;
}

export function createAgents(store: Store) {
  return {
    /** The built-in agent first, then by name. */
    list: (scope: Scope): Promise<Agent[]> =>
      store.read(scope, async (tx) => {
        const { workspaceId } = scope;
        const operators = await tx
          .select({
            id: operator.id,
            name: operator.name,
            isConnected: operator.isConnected,
            profiles: operator.profiles,
          })
          .from(operator)
          .where(and(eq(operator.workspaceId, workspaceId), isNull(operator.revokedAt)))
          .orderBy(asc(operator.name), asc(operator.id))
          .limit(200);
        const profiles = await tx.select().from(agentProfile).where(eq(agentProfile.workspaceId, workspaceId));
        const busy = await tx
          .select({ profileId: turn.profileId, agentState: run.agentState, runs: count() })
          .from(run)
          .innerJoin(turn, eq(turn.runId, run.id))
          .where(and(eq(run.workspaceId, workspaceId), ne(run.state, "finished")))
          .groupBy(turn.profileId, run.agentState);

        const agents = new Map<string, Agent>();
        for (const { id, name, model, policy } of profiles) {
          agents.set(id, { ...idle(id), name, source: "workspace", model, policy });
        }
        for (const owner of operators) {
          for (const profile of owner.profiles) {
            // One that was removed in the workspace, and that its operator has not dropped yet.
            if (profile.source === "workspace" && !agents.has(profile.id)) continue;
            const known = agents.get(profile.id);
            const agent = known ?? { ...idle(profile.id), name: profile.name, isDemo: profile.isDemo };
            agents.set(profile.id, agent);
            // A workspace's profile of the built-in agent is a demo where its operator has no model.
            if (profile.source === "workspace" && profile.isDemo) agent.isDemo = true;
            agent.operators.push({
              operatorId: owner.id,
              name: owner.name,
              isOnline: owner.isConnected,
              presence: profile.presence ?? { state: "ready" },
              sandbox: profile.sandbox ?? null,
            });
          }
        }
        for (const { profileId, agentState, runs } of busy) {
          const agent = agents.get(profileId);
          if (!agent) continue;
          agent.working += runs;
          if (agentState === "waiting") agent.waiting += runs;
        }
        return [...agents.values()].toSorted(inOrder);
      }),
  };
}

/** Whether a turn may be given to this agent. */
export function isRunnable(profile: AgentProfile): boolean {
  return !profile.presence || profile.presence.state === "ready";
}

/** The agents that came, changed or went between two registrations of an operator. */
export function changedAgents(before: readonly AgentProfile[], after: readonly AgentProfile[]): string[] {
  const earlier = new Map(before.map((profile) => [profile.id, profile]));
  const changed = after.filter((profile) => !isDeepStrictEqual(asStored(earlier.get(profile.id)), asStored(profile)));
  const left = before.filter(({ id }) => after.every((profile) => profile.id !== id));
  return [...changed, ...left].map(({ id }) => id);
}

/** Without what JSON leaves out, as it comes back from the store. */
function asStored(profile: AgentProfile | undefined): unknown {
  return profile === undefined ? undefined : JSON.parse(JSON.stringify(profile));
}

function idle(id: string): Agent {
  return {
    id,
    name: id,
    isDemo: false,
    source: "operator",
    model: null,
    policy: null,
    operators: [],
    working: 0,
    waiting: 0,
  };
}

function inOrder(a: Agent, b: Agent): number {
  if ((a.id === BUILTIN_PROFILE_ID) !== (b.id === BUILTIN_PROFILE_ID)) return a.id === BUILTIN_PROFILE_ID ? -1 : 1;
  return a.name.localeCompare(b.name, "en") || (a.id < b.id ? -1 : 1);
}
