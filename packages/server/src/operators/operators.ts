/** Operators as records: their tokens, their channel's coming and going, and what they can run. */
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import type { Repository } from "@signalbox/catalog/attempt";
import type {
  AgentProfile,
  HelloInput,
  HelloOutput,
  OperatorCommand,
  RegisterInput,
  ReplyInput,
} from "@signalbox/catalog/operator-protocol";
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { and, asc, eq, isNull, lt, sql } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { emitting } from "../signals/outbox.ts";
import { operator } from "../store/schema.ts";
import { ring, type Store, type Tx } from "../store/store.ts";
import type { SandboxIngest } from "../sandboxes/sandbox-ingest.ts";
import type { Ingest } from "../turns/ingest.ts";
import { changedAgents, isRunnable } from "./agents.ts";
import { holdConnection, type ConnectionEnd } from "./connections.ts";
import { createOperatorTokens, type OperatorIdentity } from "./operator-tokens.ts";
import { COMMAND_CHANNEL, findCommand, replyToCommand } from "./commands.ts";
import { LEASE } from "./lease.ts";

export interface Operator {
  id: string;
  name: string;
  status: "online" | "offline" | "revoked";
  lastSeenAt: Date | null;
  /** Since when its channel is open; null while it is not. */
  connectedSince: Date | null;
  profiles: AgentProfile[];
  /** Where attempts can be made. */
  repositories: Repository[];
}

export interface OperatorsOptions {
  store: Store;
  ingest: Ingest;
  sandboxIngest: SandboxIngest;
  /** Gives turns that wait for an operator to this one, in the transaction of its hello. */
  assignQueued(tx: Tx, owner: OperatorIdentity & { profileIds: string[] }): Promise<number>;
  /** An operator refused a command: what waits for it is locked, then told. */
  onRefused: {
    lock(tx: Tx, command: OperatorCommand): Promise<void>;
    tell(tx: Tx, command: OperatorCommand, failure: Extract<ReplyInput["result"], { ok: false }>): Promise<void>;
  };
}

export type Operators = ReturnType<typeof createOperators>;

export function createOperators({ store, ingest, sandboxIngest, assignQueued, onRefused }: OperatorsOptions) {
  return {
    ...createOperatorTokens(store),

    list: (scope: Scope): Promise<Operator[]> =>
      store.read(scope, async (tx) => {
        const rows = await tx
          .select()
          .from(operator)
          .where(eq(operator.workspaceId, scope.workspaceId))
          .orderBy(asc(operator.name), asc(operator.id))
          .limit(200);
        return rows.map(toOperator);
      }),

    get: (scope: Scope, id: string): Promise<Operator> =>
      store.read(scope, async (tx) => {
        const [row] = await tx
          .select()
          .from(operator)
          .where(and(eq(operator.id, id), eq(operator.workspaceId, scope.workspaceId)));
        if (!row) throw notFound("operator", id);
        return toOperator(row);
      }),

    /**
     * A new connection says who it is: it fences the ones before, and learns from where to resend. With `expected`, the
     * generation that it found when it connected, it fences nobody who came after it: `conflict`.
     */
    async hello(identity: OperatorIdentity, input: HelloInput, expected?: number): Promise<HelloOutput> {
      if (input.protocol !== PROTOCOL_VERSION) {
        throw new SignalboxError(
          "bad-request",
          `This host speaks protocol ${PROTOCOL_VERSION}, the operator ${input.protocol}.`,
          {
            host: PROTOCOL_VERSION,
            operator: input.protocol,
          },
        );
      }
      const generation = await store.system(async (tx) => {
        const before = await lockProfiles(tx, identity.id);
        if (before && expected !== undefined && before.generation !== expected) {
          throw new SignalboxError("conflict", "This hello was said before, or a newer connection took over.");
        }
        const [row] = await tx
          .update(operator)
          .set({
            generation: sql`${operator.generation} + 1`,
            isConnected: true,
            connectedAt: new Date(),
            lastSeenAt: sql`now()`,
            profiles: input.profiles,
            repositories: input.repositories ?? [],
          })
          .where(and(eq(operator.id, identity.id), isNull(operator.revokedAt)))
          .returning({ generation: operator.generation });
        if (!row) throw new SignalboxError("unauthenticated", "This operator's token was revoked.");
        await assignQueued(tx, { ...identity, profileIds: runnableIds(input.profiles) });
        // Last, as everywhere: the outbox is the lock that others of the workspace wait for.
        await emitting(tx, identity.workspaceId, async (_, emit) => {
          emit("operator.connected", { operator: identity.id });
          for (const id of changedAgents(before?.profiles ?? [], input.profiles)) {
            emit("agent.registered", { agent: id, operator: identity.id });
          }
        });
        // The older connection notices at once that it is fenced.
        await ring(tx, COMMAND_CHANNEL, identity.id);
        return row.generation;
      });
      const turnIds = input.turns.map((turn) => turn.turnId);
      const known = await ingest.acknowledged(identity.id, turnIds);
      const sandboxes = await sandboxIngest.acknowledged(identity.id, turnIds);
      // A turn that it does not name is one that it no longer has: it lapses, and ends.
      await ingest.keepAlive(identity.id, turnIds);
      return {
        operatorId: identity.id,
        workspaceId: identity.workspaceId,
        generation,
        heartbeatMs: OPERATOR_PING_MS,
        turns: input.turns.map(({ turnId, sandboxSeq }) => ({
          turnId,
          ...(known.get(turnId) ?? { ackedSeq: 0, state: "unknown" as const }),
          // A sandbox of a turn that the host has is not unknown: nothing of it has come yet.
          ...(sandboxSeq !== undefined && {
            sandbox: sandboxes.get(turnId) ?? { ackedSeq: 0, state: known.has(turnId) ? "open" : "unknown" },
          }),
        })),
      };
    },

    /** Takes what an operator can run now. An older connection's word counts for nothing. Returns the generation that counts. */
    register: (identity: OperatorIdentity, input: RegisterInput): Promise<{ generation: number }> =>
      store.system(async (tx) => {
        const row = await lockProfiles(tx, identity.id);
        if (row?.generation !== input.generation) return { generation: row?.generation ?? 0 };
        const changed = changedAgents(row.profiles, input.profiles);
        const repositories = input.repositories ?? [];
        const isOtherPlace = JSON.stringify(repositories) !== JSON.stringify(row.repositories);
        if (changed.length === 0 && !isOtherPlace) return { generation: row.generation };
        await tx.update(operator).set({ profiles: input.profiles, repositories }).where(eq(operator.id, identity.id));
        await assignQueued(tx, { ...identity, profileIds: runnableIds(input.profiles) });
        await emitting(tx, identity.workspaceId, async (_, emit) => {
          for (const id of changed) emit("agent.registered", { agent: id, operator: identity.id });
          if (isOtherPlace) emit("operator.repositories-changed", { operator: identity.id });
        });
        return { generation: row.generation };
      }),

    /**
     * The operator lives, and so do the leases of the turns that it names: one that it gave up lapses, and ends.
     * Answers with the generation that counts.
     */
    async heartbeat(
      identity: OperatorIdentity,
      generation: number,
      turnIds?: readonly string[],
    ): Promise<{ generation: number }> {
      const current = await store.system(async (tx) => {
        const [row] = await tx
          .select({ generation: operator.generation, isConnected: operator.isConnected })
          .from(operator)
          .where(and(eq(operator.id, identity.id), isNull(operator.revokedAt)))
          .for("no key update");
        if (row?.generation !== generation) return row?.generation ?? 0;
        await tx
          .update(operator)
          .set({ lastSeenAt: sql`now()`, ...(row.isConnected ? {} : { isConnected: true, connectedAt: new Date() }) })
          .where(eq(operator.id, identity.id));
        // It was silent for a lease, and is there after all.
        if (!row.isConnected) {
          await emitting(tx, identity.workspaceId, async (_, emit) =>
            emit("operator.connected", { operator: identity.id }),
          );
        }
        return generation;
      });
      if (current === generation) await ingest.keepAlive(identity.id, turnIds);
      return { generation: current };
    },

    /** Takes the answer to a command; of a connection that counts no more it takes none, and says why. */
    reply: (identity: OperatorIdentity, input: ReplyInput): Promise<ConnectionEnd | null> =>
      store.system(async (tx) => {
        const known = input.result.ok ? null : await findCommand(tx, identity.id, input.commandId);
        // What a refusal is about is locked before the command is.
        if (known) await onRefused.lock(tx, known);
        const end = await holdConnection(tx, identity.id, input.generation);
        if (end) return end;
        const answered = await replyToCommand(tx, identity.id, input);
        if (answered && !input.result.ok) await onRefused.tell(tx, answered, input.result);
        return null;
      }),

    /** A channel closed. Says so, unless a newer connection has taken its place. */
    disconnected: (identity: OperatorIdentity, generation: number): Promise<void> =>
      store.system(async (tx) => {
        const [row] = await tx
          .update(operator)
          .set({ isConnected: false, connectedAt: null, lastSeenAt: new Date() })
          .where(and(eq(operator.id, identity.id), eq(operator.generation, generation), eq(operator.isConnected, true)))
          .returning({ id: operator.id });
        if (!row) return;
        await emitting(tx, identity.workspaceId, async (_, emit) =>
          emit("operator.disconnected", { operator: row.id }),
        );
      }),

    /** Operators whose host died with their channel, and that came back to none: they count as disconnected after a lease. */
    async lapse(): Promise<void> {
      const isSilent = and(eq(operator.isConnected, true), lt(operator.lastSeenAt, sql`now() - ${LEASE}`));
      const silent = await store.system((tx) => tx.select({ id: operator.id }).from(operator).where(isSilent));
      // A transaction for each: nobody's outbox is held while another operator is waited for.
      for (const { id } of silent) {
        await store.system(async (tx) => {
          const [lapsed] = await tx
            .update(operator)
            .set({ isConnected: false, connectedAt: null })
            .where(and(eq(operator.id, id), isSilent))
            .returning({ workspaceId: operator.workspaceId });
          if (!lapsed) return;
          await emitting(tx, lapsed.workspaceId, async (_, emit) => emit("operator.disconnected", { operator: id }));
        });
      }
    },
  };
}

/** Under lock: what was registered before is compared with what is registered now. */
async function lockProfiles(
  tx: Tx,
  id: string,
): Promise<Pick<typeof operator.$inferSelect, "generation" | "profiles" | "repositories"> | null> {
  const [row] = await tx
    .select({ generation: operator.generation, profiles: operator.profiles, repositories: operator.repositories })
    .from(operator)
    .where(and(eq(operator.id, id), isNull(operator.revokedAt)))
    .for("no key update");
  return row ?? null;
}

function runnableIds(profiles: readonly AgentProfile[]): string[] {
  return profiles.filter(isRunnable).map(({ id }) => id);
}

function toOperator(row: typeof operator.$inferSelect): Operator {
  return {
    id: row.id,
    name: row.name,
    status: row.revokedAt ? "revoked" : row.isConnected ? "online" : "offline",
    lastSeenAt: row.lastSeenAt,
    connectedSince: row.connectedAt,
    profiles: row.profiles,
    repositories: row.repositories,
  };
}
