import type { AgentProfile, OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { PROFILE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { and, asc, eq, isNull } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, PROFILE, startTurn, type SentEntry, type TestOperator } from "../../test/operator-fixture.ts";
import type { Scope } from "../access/scope.ts";
import { operatorCommand, outbox, turn } from "../store/schema.ts";

const SETTINGS = {
  name: "Gemini",
  command: "gemini",
  args: ["--acp"],
  env: ["GEMINI_API_KEY"],
  model: null,
  policy: "ask" as const,
};

describeHosts("agents and their profiles", (bed) => {
  const signalsOf = async (workspaceId: string, prefix: string) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx
        .select({ name: outbox.name, ids: outbox.ids })
        .from(outbox)
        .where(eq(outbox.workspaceId, workspaceId))
        .orderBy(asc(outbox.seq));
      return rows.filter(({ name }) => name.startsWith(prefix));
    });
  const commandsOf = (operatorId: string): Promise<OperatorCommand[]> =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx
        .select({ command: operatorCommand.command })
        .from(operatorCommand)
        .where(and(eq(operatorCommand.operatorId, operatorId), isNull(operatorCommand.repliedAt)))
        .orderBy(asc(operatorCommand.seq));
      return rows.map(({ command }) => command);
    });
  const registered = (id: string, presence: AgentProfile["presence"]): AgentProfile => ({
    id,
    name: "Gemini",
    isDemo: false,
    source: "workspace",
    presence,
  });
  const register = (operator: TestOperator, profiles: AgentProfile[], generation = operator.generation) =>
    bed.test.host.operators.register(operator.identity, { generation, profiles: [PROFILE, ...profiles] });
  const startWith = async (scope: Scope, profileId: string) => {
    const { host } = bed.test;
    const plan = await host.plans.create(scope, { title: "Plan" });
    const chat = await host.chats.create(scope, plan.id);
    const { turnId } = await host.turns.start(scope, { chatId: chat.id, prompt: "Do it", profileId });
    const [row] = await bed.opened.store.system((tx) => tx.select().from(turn).where(eq(turn.id, turnId)));
    return given(row);
  };

  it("B07: a profile's life is told by its signals, and each connected operator is told to read the profiles again", async () => {
    const { id, scope } = await bed.test.workspace();
    const { host } = bed.test;
    const [near, away] = [await enroll(bed.test, id), await enroll(bed.test, id, { isConnected: false })];
    const created = await host.agentProfiles.create(scope, SETTINGS);
    expect(await host.agentProfiles.get(scope, created.id)).toMatchObject(SETTINGS);
    const updated = await host.agentProfiles.update(scope, { id: created.id, policy: "reject" });
    expect(updated).toMatchObject({ ...SETTINGS, policy: "reject" });
    expect(await host.agentProfiles.ofWorkspace(id)).toEqual([{ id: created.id, ...SETTINGS, policy: "reject" }]);
    await host.agentProfiles.remove(scope, created.id);
    expect(await host.agentProfiles.list(scope)).toEqual([]);
    const ids = { "agent-profile": created.id };
    expect(await signalsOf(id, "agent-profile.")).toEqual([
      { name: "agent-profile.created", ids },
      { name: "agent-profile.updated", ids },
      { name: "agent-profile.deleted", ids },
    ]);
    expect(await commandsOf(near.identity.id)).toEqual(
      ["created", "updated", "removed"].map(() => ({ type: "profiles.changed" })),
    );
    expect(await commandsOf(away.identity.id)).toEqual([]);
  });

  it("keeps the workspace's profiles to a bound", async () => {
    const { scope } = await bed.test.workspace();
    for (let made = 0; made < 50; made++) await bed.test.host.agentProfiles.create(scope, SETTINGS);
    await expect(bed.test.host.agentProfiles.create(scope, SETTINGS)).rejects.toMatchObject({ code: "conflict" });
  });

  it("keeps a profile, however it came to be what it is, to a size of which a workspace's fit into one message", async () => {
    const { id, scope } = await bed.test.workspace();
    const { agentProfiles } = bed.test.host;
    const tooLarge = { code: "too-large", details: { maxBytes: PROFILE_MAX_BYTES } };
    const args = Array.from({ length: 7 }, () => "x".repeat(2_000));
    const env = Array.from({ length: 50 }, (_, index) => `KEY_${index}_`.padEnd(100, "K"));
    await expect(agentProfiles.create(scope, { ...SETTINGS, args, env })).rejects.toMatchObject(tooLarge);
    // What counts is what is sent: a character may be several bytes.
    const wide = args.map((arg) => arg.replaceAll("x", "\u20ac"));
    await expect(agentProfiles.create(scope, { ...SETTINGS, args: wide })).rejects.toMatchObject(tooLarge);
    const { id: profileId } = await agentProfiles.create(scope, { ...SETTINGS, args });
    await expect(agentProfiles.update(scope, { id: profileId, env })).rejects.toMatchObject(tooLarge);
    expect(await agentProfiles.ofWorkspace(id)).toEqual([{ id: profileId, ...SETTINGS, args }]);
  });

  it("B07: an operator's registration says of each agent that came, changed or went, and of no other", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { id: profileId } = await bed.test.host.agentProfiles.create(scope, SETTINGS);
    const told = async () => (await signalsOf(id, "agent.registered")).map(({ ids }) => ids);
    const signal = (agent: string) => ({ agent, operator: operator.identity.id });
    expect(await told()).toEqual([signal("builtin")]);
    await register(operator, [registered(profileId, { state: "missing" })]);
    await register(operator, [registered(profileId, { state: "missing" })]);
    expect(await told()).toEqual([signal("builtin"), signal(profileId)]);
    await register(operator, [registered(profileId, { state: "ready", version: "1" })]);
    expect((await told()).length).toBe(3);
    const online = { operatorId: operator.identity.id, name: "Operator", isOnline: true };
    expect(await bed.test.host.agents.list(scope)).toMatchObject([
      { id: "builtin", isDemo: true, source: "operator", policy: null, operators: [{ presence: { state: "ready" } }] },
      {
        id: profileId,
        name: "Gemini",
        source: "workspace",
        policy: "ask",
        operators: [{ ...online, presence: { state: "ready", version: "1" } }],
      },
    ]);
    await register(operator, []);
    expect((await told()).at(-1)).toEqual(signal(profileId));
    expect((await bed.test.host.agents.list(scope))[1]).toMatchObject({ id: profileId, operators: [] });
    // A connection that was fenced says nothing any more.
    const before = operator.generation;
    await operator.hello();
    expect(await register(operator, [registered(profileId, { state: "ready" })], before)).toEqual({
      generation: operator.generation,
    });
    expect((await bed.test.host.agents.list(scope))[1]).toMatchObject({ operators: [] });
  });

  it("[OP11] gives a turn only to an operator where its agent is ready, with the profile as it is then", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { id: profileId } = await bed.test.host.agentProfiles.create(scope, SETTINGS);
    // The operator has not looked for it yet.
    const early = await startWith(scope, profileId);
    expect(early.operatorId).toBeNull();
    await register(operator, [registered(profileId, { state: "not-allowed" })]);
    await bed.test.host.agentProfiles.update(scope, { id: profileId, model: "large" });
    await register(operator, [registered(profileId, { state: "ready" })]);
    const starts = (await commandsOf(operator.identity.id)).filter((command) => command.type === "turn.start");
    expect(starts).toMatchObject([
      { turnId: early.id, profileId, profile: { id: profileId, ...SETTINGS, model: "large" } },
    ]);
    expect((await startWith(scope, profileId)).operatorId).toBe(operator.identity.id);
    // One of the operator's own is no profile of the workspace.
    await startWith(scope, "builtin");
    const last = (await commandsOf(operator.identity.id)).at(-1);
    expect(last).toMatchObject({ type: "turn.start", profileId: "builtin" });
    expect(last).not.toHaveProperty("profile");
  });

  it("[OP11] refuses a turn at once where waiting would not help: no such agent, or none that can run it", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { id: profileId } = await bed.test.host.agentProfiles.create(scope, SETTINGS);
    const detail = "allowed-agents.json of this operator does not allow the command gemini.";
    await register(operator, [registered(profileId, { state: "not-allowed", detail })]);
    await expect(startWith(scope, "gemnii")).rejects.toMatchObject({
      code: "not-found",
      details: { what: "agent", id: "gemnii" },
    });
    await expect(startWith(scope, profileId)).rejects.toMatchObject({
      code: "conflict",
      message: `No operator can run the agent Gemini. Operator: ${detail}`,
      details: { profile: profileId, operators: [{ operator: operator.identity.id, state: "not-allowed", detail }] },
    });
    // One that was away may find it; then it is waited for.
    await enroll(bed.test, id, { isConnected: false });
    expect((await startWith(scope, profileId)).operatorId).toBeNull();
  });

  it("waits for an operator that has the agent and is away", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    await register(operator, [{ id: "own", name: "Own", isDemo: false, presence: { state: "ready" } }]);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect((await startWith(scope, "own")).operatorId).toBeNull();
  });

  it("C11: the steps of an agent's life are signals in their order, and its run shows the last", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, runId, chatId, planId } = await startTurn(bed.test, scope);
    const states = (first: number, ...names: string[]): SentEntry[] =>
      names.map((state, index) => ({ seq: first + index, at: 1, kind: "agent-state", state }));
    const stateOf = async () => (await bed.test.host.runs.get(scope, runId)).agentState;
    await operator.append(turnId, states(1, "spawned", "running", "waiting"));
    expect(await stateOf()).toBe("waiting");
    expect((await bed.test.host.agents.list(scope))[0]).toMatchObject({ id: "builtin", working: 1, waiting: 1 });
    await operator.append(turnId, states(4, "resumed"));
    await operator.append(turnId, states(5, "error", "spawned", "running"));
    await operator.append(turnId, [...states(8, "stopped"), end(9)]);
    // A batch that comes twice tells nothing twice.
    await operator.append(turnId, [...states(8, "stopped"), end(9)]);
    expect(await stateOf()).toBe("stopped");
    expect((await bed.test.host.agents.list(scope))[0]).toMatchObject({ working: 0, waiting: 0 });
    const ids = { agent: "builtin", run: runId, turn: turnId, chat: chatId, plan: planId };
    const lifecycle = (await signalsOf(id, "agent.")).filter(({ name }) => name !== "agent.registered");
    expect(lifecycle).toEqual(
      ["spawned", "waiting", "resumed", "errored", "spawned", "stopped"].map((step) => ({
        name: `agent.${step}`,
        ids,
      })),
    );
  });

  it("shows another workspace neither agents nor profiles", async () => {
    const { id, scope } = await bed.test.workspace();
    await enroll(bed.test, id);
    const profile = await bed.test.host.agentProfiles.create(scope, SETTINGS);
    const other = await bed.test.workspace();
    expect(await bed.test.host.agents.list(other.scope)).toEqual([]);
    expect(await bed.test.host.agentProfiles.ofWorkspace(other.id)).toEqual([]);
    await expect(bed.test.host.agentProfiles.get(other.scope, profile.id)).rejects.toMatchObject({ code: "not-found" });
    await expect(
      bed.test.host.agentProfiles.update(other.scope, { id: profile.id, command: "sh" }),
    ).rejects.toMatchObject({ code: "not-found" });
    // A turn of another workspace can't name this profile either.
    await enroll(bed.test, other.id);
    await expect(startWith(other.scope, profile.id)).rejects.toMatchObject({ code: "not-found" });
  });
});
