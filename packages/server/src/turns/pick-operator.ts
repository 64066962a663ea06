/**
 * Which operator a turn is given to when it is started: one that is there and has the agent. Where all that have it are away
 * the turn waits for them; where no wait would help it is refused at once, with the reason.
 */
import { BUILTIN_PROFILE_ID } from "@signalbox/catalog/agent-profile";
import { and, asc, eq, isNull } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { profileForTurn } from "../operators/agent-profiles.ts";
import { isRunnable } from "../operators/agents.ts";
import { operator } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

/**
 * The operator seen last of those that are connected and can run the agent; null where the turn has to wait for one. All
 * of the workspace's are locked: one that says hello at this instant is either seen here, or sees this turn waiting.
 * `not-found` for an agent that nobody here has, `conflict` for one that every operator has looked for and can't run.
 */
export async function pickOperator(tx: Tx, scope: Scope, profileId: string): Promise<string | null> {
  const rows = await tx
    .select({
      id: operator.id,
      name: operator.name,
      profiles: operator.profiles,
      isConnected: operator.isConnected,
      lastSeenAt: operator.lastSeenAt,
    })
    .from(operator)
    .where(and(eq(operator.workspaceId, scope.workspaceId), isNull(operator.revokedAt)))
    .orderBy(asc(operator.id))
    .for("no key update");
  const looked = rows.flatMap((row) => {
    const profile = row.profiles.find(({ id }) => id === profileId);
    return profile ? [{ ...row, profile }] : [];
  });
  const able = looked.filter(({ profile }) => isRunnable(profile));
  const [seenLast] = able
    .filter(({ isConnected }) => isConnected)
    .toSorted((a, b) => (b.lastSeenAt?.getTime() ?? 0) - (a.lastSeenAt?.getTime() ?? 0));
  if (seenLast) return seenLast.id;
  // Each operator has the built-in agent: the first that comes takes it.
  if (able.length > 0 || profileId === BUILTIN_PROFILE_ID) return null;

  const profile = await profileForTurn(tx, { workspaceId: scope.workspaceId, profileId });
  if (!profile && looked.length === 0) throw notFound("agent", profileId);
  // A profile that is new, or an operator that was away since: what it will find is not known yet.
  if (profile && looked.length < rows.length) return null;
  throw noneCanRun(
    profile?.name ?? looked[0]?.profile.name ?? profileId,
    profileId,
    looked.map(({ id, name, profile: { presence } }) => ({
      operator: id,
      name,
      state: presence?.state ?? "ready",
      detail: presence?.detail ?? "",
    })),
  );
}

interface Refusing {
  operator: string;
  name: string;
  state: string;
  detail: string;
}

function noneCanRun(agent: string, profileId: string, operators: Refusing[]): SignalboxError {
  const why = operators.map(({ name, state, detail }) => `${name}: ${detail || state}`).join(" ");
  const words = why || "The workspace has none.";
  return new SignalboxError("conflict", `No operator can run the agent ${agent}. ${words}`, {
    profile: profileId,
    operators,
  });
}
