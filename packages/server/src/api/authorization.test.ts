import { TEXT_MAX, TITLE_MAX } from "@signalbox/catalog/bounds";
import type { AnyTRPCProcedure } from "@trpc/server";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { enroll, PROFILE, sandboxUp, startTurn, texts } from "../../test/operator-fixture.ts";
import { ask, serveHost } from "../../test/http-host.ts";
import type { Person } from "../../test/test-host.ts";
import type { Principal } from "../access/principal.ts";
import { callRouter, createCaller } from "./root.ts";

const PROCEDURES = Object.entries(callRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>).map(
  ([path, procedure]) => ({
    path,
    type: procedure._def.type,
  }),
);

/** Records of one workspace, under the names that inputs give them. */
type Ids = Record<
  | "tileId"
  | "workspaceId"
  | "planId"
  | "chatId"
  | "turnId"
  | "runId"
  | "sprintId"
  | "initiativeId"
  | "operatorId"
  | "agentProfileId"
  | "attemptId",
  string
>;

/** A fitting input for each procedure: a new procedure without one fails the test that walks them. */
const INPUTS: Record<string, (ids: Ids) => unknown> = {
  "workspace.list": () => undefined,
  "workspace.get": ({ workspaceId }) => ({ workspaceId }),
  "member.list": ({ workspaceId }) => ({ workspaceId }),
  "plan.list": ({ workspaceId }) => ({ workspaceId }),
  "plan.get": ({ planId: id }) => ({ id }),
  "plan.create": ({ workspaceId }) => ({ workspaceId, title: "T" }),
  "plan.update": ({ planId: id }) => ({ id, title: "U" }),
  "plan.move": ({ planId: id }) => ({ id, status: "in-progress" }),
  "plan.remove": ({ planId: id }) => ({ id }),
  "sprint.list": ({ workspaceId }) => ({ workspaceId }),
  "sprint.get": ({ sprintId: id }) => ({ id }),
  "sprint.create": ({ workspaceId }) => ({ workspaceId, name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" }),
  "sprint.update": ({ sprintId: id }) => ({ id, name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" }),
  "initiative.list": ({ workspaceId }) => ({ workspaceId }),
  "initiative.get": ({ initiativeId: id }) => ({ id }),
  "initiative.create": ({ workspaceId }) => ({ workspaceId, title: "I" }),
  "initiative.update": ({ initiativeId: id }) => ({ id, title: "I" }),
  "agent.list": ({ workspaceId }) => ({ workspaceId }),
  "agentProfile.list": ({ workspaceId }) => ({ workspaceId }),
  "agentProfile.get": ({ agentProfileId: id }) => ({ id }),
  "agentProfile.create": ({ workspaceId }) => ({ workspaceId, name: "A", command: "agent" }),
  "agentProfile.update": ({ agentProfileId: id }) => ({ id, policy: "reject" }),
  "agentProfile.remove": ({ agentProfileId: id }) => ({ id }),
  "chat.list": ({ planId }) => ({ planId }),
  "chat.create": ({ planId }) => ({ planId }),
  "turn.start": ({ chatId }) => ({ chatId, prompt: "P" }),
  "turn.stop": ({ turnId }) => ({ turnId }),
  "turn.answer": ({ turnId }) => ({ turnId, requestId: "r", optionId: "o" }),
  "turn.readFile": ({ turnId }) => ({ turnId, path: "a.txt" }),
  "turn.attachment": ({ turnId }) => ({ turnId, attachmentId: "a1" }),
  "turn.get": ({ turnId }) => ({ turnId }),
  "attempt.list": ({ planId }) => ({ planId }),
  "attempt.get": ({ attemptId: id }) => ({ id }),
  "attempt.diff": ({ attemptId: id }) => ({ id }),
  "attempt.start": ({ planId, operatorId }) => ({ planId, operatorId, repository: "shop" }),
  "attempt.accept": ({ attemptId: id }) => ({ id }),
  "attempt.discard": ({ attemptId: id }) => ({ id }),
  "run.list": ({ workspaceId }) => ({ workspaceId }),
  "run.get": ({ runId: id }) => ({ id }),
  "notification.list": ({ workspaceId }) => ({ workspaceId }),
  "notification.seen": ({ workspaceId }) => ({ workspaceId }),
  "notification.read": ({ workspaceId }) => ({ workspaceId, ids: ["n"] }),
  "notificationPreference.list": ({ workspaceId }) => ({ workspaceId }),
  "notificationPreference.set": ({ workspaceId }) => ({ workspaceId, category: "plans", isOn: false }),
  "operator.list": ({ workspaceId }) => ({ workspaceId }),
  "operator.get": ({ operatorId: id }) => ({ id }),
  "sandbox.list": ({ workspaceId }) => ({ workspaceId }),
  "usage.summary": ({ workspaceId }) => ({ workspaceId, period: "24h" }),
  "rateLimit.list": ({ workspaceId }) => ({ workspaceId }),
  "system.state": () => undefined,
  "sandbox.get": ({ turnId: id }) => ({ id }),
  "sandbox.log": ({ turnId: id }) => ({ id }),
  "report.list": ({ workspaceId }) => ({ workspaceId }),
  "report.read": ({ workspaceId }) => ({ workspaceId, panelId: "sprint-health" }),
  "dashboard.get": ({ workspaceId }) => ({ workspaceId }),
  "dashboard.addTile": ({ workspaceId }) => ({ workspaceId, panelId: "sprint-health" }),
  "dashboard.replaceTile": ({ workspaceId, tileId }) => ({ workspaceId, tileId, panelId: "sprint-health" }),
  "dashboard.moveTile": ({ workspaceId, tileId }) => ({ workspaceId, tileId }),
  "dashboard.removeTile": ({ workspaceId, tileId }) => ({ workspaceId, tileId }),
};
/** Acts on what is one's own, whatever one's role. */
const OPEN_TO_VIEWERS = ["notification.seen", "notification.read", "notificationPreference.set"];
/** Names no workspace: answers with those that one may enter, or with what holds for the whole host. */
const WITHOUT_SCOPE = ["workspace.list", "system.state"];

describeHosts("authorization", (bed) => {
  async function filled(): Promise<{ ids: Ids; owner: Person }> {
    const { id: workspaceId, owner, scope } = await bed.test.workspace();
    const { host } = bed.test;
    const sprint = await host.sprints.create(scope, { name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" });
    const initiative = await host.initiatives.create(scope, { title: "I", description: "" });
    const operator = await enroll(bed.test, workspaceId);
    const repositories = [{ name: "shop", base: "main" }];
    const registration = { generation: operator.generation, profiles: [PROFILE], repositories };
    await host.operators.register(operator.identity, registration);
    const turn = await startTurn(bed.test, scope);
    const attempt = await host.attempts.start(scope, {
      planId: turn.planId,
      operatorId: operator.identity.id,
      repository: "shop",
    });
    await operator.append(turn.turnId, texts(1, 1));
    const profile = await host.agentProfiles.create(scope, {
      name: "A",
      command: "agent",
      args: [],
      env: [],
      model: null,
      policy: "ask",
    });
    await operator.sandboxAppend(turn.turnId, sandboxUp());
    const [turnId, generation] = [turn.turnId, operator.generation];
    const piece = { attachmentId: "a1", piece: 1, text: "the whole", isLast: true };
    await host.attachments.append(operator.identity.id, { generation, turnId, ...piece });
    // Nobody would answer its questions.
    await host.operators.disconnected(operator.identity, generation);
    const { tiles } = await host.dashboards.add(scope, { panelId: "sprint-health" });
    return {
      owner,
      ids: {
        workspaceId,
        tileId: given(tiles[0]).id,
        ...turn,
        sprintId: sprint.id,
        initiativeId: initiative.id,
        operatorId: operator.identity.id,
        agentProfileId: profile.id,
        attemptId: attempt.id,
      },
    };
  }

  /** Calls a procedure by its path. */
  async function call(principal: Principal | null, path: string, input: unknown): Promise<unknown> {
    let target: unknown = createCaller({ host: bed.test.host, principal });
    for (const step of path.split(".")) target = (target as Record<string, unknown>)[step];
    return (target as (input: unknown) => Promise<unknown>)(input);
  }
  const answerOf = (calling: Promise<unknown>): Promise<string> =>
    calling.then(
      () => "answered",
      (error: { code: string }) => error.code,
    );
  const inputOf = (path: string, ids: Ids) => given(INPUTS[path])(ids);

  it("is tried for every procedure: a new one comes here with an input that fits", () => {
    expect(PROCEDURES.map(({ path }) => path).toSorted()).toEqual(Object.keys(INPUTS).toSorted());
  });

  it("answers every procedure without a principal with UNAUTHORIZED, before it looks at the input", async () => {
    const { ids } = await filled();
    for (const { path } of PROCEDURES) {
      for (const input of [inputOf(path, ids), { nonsense: true }]) {
        expect({ path, answer: await answerOf(call(null, path, input)) }).toEqual({ path, answer: "UNAUTHORIZED" });
      }
    }
  });

  it("S4: answers a stranger with NOT_FOUND everywhere, exactly as for what is not there", async () => {
    const { ids, owner } = await filled();
    const stranger = (await bed.test.workspace()).owner;
    const key = await bed.test.host.workspaces.createKey({
      workspaceId: (await bed.test.workspace()).id,
      name: "K",
      role: "owner",
    });
    const strangerKey = given(
      await bed.test.host.access.authenticate(new Headers({ authorization: `Bearer ${key.key}` })),
    );
    const none = Object.fromEntries(Object.keys(ids).map((name) => [name, "none"])) as unknown as Ids;
    for (const principal of [stranger.principal, strangerKey]) {
      for (const { path } of PROCEDURES.filter(({ path }) => !WITHOUT_SCOPE.includes(path))) {
        const refusals = [];
        for (const of of [ids, none]) {
          const error = await call(principal, path, inputOf(path, of)).then(
            () => ({ code: "answered", message: "" }),
            (thrown: { code: string; message: string }) => ({
              code: thrown.code,
              message: thrown.message.replaceAll(/"[^"]*"/g, "ID"),
            }),
          );
          refusals.push({ path, ...error });
        }
        expect(refusals[0]).toEqual({ path, code: "NOT_FOUND", message: refusals[0]?.message });
        expect(refusals[0]).toEqual(refusals[1]);
      }
      expect(JSON.stringify(await call(principal, "workspace.list", undefined))).not.toContain(ids.workspaceId);
    }
    expect(await call(owner.principal, "plan.get", { id: ids.planId })).toMatchObject({ version: 1 });
  });

  it("lets a viewer read everything and change nothing: FORBIDDEN on every mutation", async () => {
    const { ids } = await filled();
    const viewer = await bed.test.person(ids.workspaceId, "viewer");
    for (const { path, type } of PROCEDURES) {
      const calling = call(viewer.principal, path, inputOf(path, ids));
      const answer = type === "query" || OPEN_TO_VIEWERS.includes(path) ? "answered" : "FORBIDDEN";
      expect({ path, answer: await answerOf(calling) }).toEqual({ path, answer });
    }
    expect(await call(viewer.principal, "plan.get", { id: ids.planId })).toMatchObject({ version: 1 });
  });

  it("lets a member do all of it", async () => {
    const { ids } = await filled();
    const member = await bed.test.person(ids.workspaceId, "member");
    // Allowed, and not possible as it stands here: the chat is busy, the operator away, the attempt not ready.
    const conflicting = ["turn.start", "attempt.start", "attempt.accept"];
    const last = [...conflicting, "plan.remove", "turn.stop"];
    for (const { path } of PROCEDURES.filter(({ path }) => !last.includes(path))) {
      const calling = call(member.principal, path, inputOf(path, ids));
      expect({ path, answer: await answerOf(calling) }).toEqual({ path, answer: "answered" });
    }
    for (const path of conflicting) {
      const calling = call(member.principal, path, inputOf(path, ids));
      expect({ path, answer: await answerOf(calling) }).toEqual({ path, answer: "CONFLICT" });
    }
  });

  it("refuses what is out of bounds with BAD_REQUEST, and changes nothing", async () => {
    const { ids, owner } = await filled();
    const { workspaceId, planId: id, chatId } = ids;
    const tooLong = "x".repeat(TITLE_MAX + 1);
    const refused: [string, unknown][] = [
      ["plan.create", { workspaceId, title: tooLong }],
      ["plan.create", { workspaceId, title: "   " }],
      ["plan.create", { workspaceId, title: "T", description: "x".repeat(TEXT_MAX + 1) }],
      ["plan.create", { workspaceId, title: "T", status: "done" }],
      ["plan.create", { workspaceId, title: "T", estimate: -1 }],
      ["plan.create", { workspaceId, title: "T", estimate: 1.5 }],
      ["plan.create", { workspaceId: "x".repeat(65), title: "T" }],
      ["plan.create", { workspaceId, title: "T", assigneeId: "none" }],
      ["plan.update", { id, title: "" }],
      ["plan.move", { id, status: "nowhere" }],
      ["turn.start", { chatId, prompt: "  " }],
      ["turn.start", { chatId, prompt: "x".repeat(TEXT_MAX + 1) }],
      ["sprint.create", { workspaceId, name: "S", startsOn: "2026-02-30", endsOn: "2026-03-01" }],
      ["sprint.create", { workspaceId, name: "S", startsOn: "2026-02-02", endsOn: "2026-02-01" }],
      ["run.list", { workspaceId, state: "all" }],
      ["plan.list", null],
      ["plan.list", []],
    ];
    for (const [path, input] of refused) {
      expect({ path, input, answer: await answerOf(call(owner.principal, path, input)) }).toEqual({
        path,
        input,
        answer: "BAD_REQUEST",
      });
    }
    await call(owner.principal, "plan.create", { workspaceId, title: tooLong.slice(1) });
    expect(await call(owner.principal, "plan.list", { workspaceId })).toHaveLength(2);
  });

  it("tells of an error its code, what it is about and at most ten issues: no stack and nothing of the inside", async () => {
    const { ids } = await filled();
    const { key } = await bed.test.host.workspaces.createKey({
      workspaceId: ids.workspaceId,
      name: "K",
      role: "member",
    });
    const http = await serveHost(bed.test);
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const call = async (path: string, input: unknown) => {
      const answer = await ask(`${http.url}/api/trpc/${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify({ json: input }),
      });
      return {
        ...answer,
        error: (JSON.parse(answer.body) as { error: { json: { message: string; data: Record<string, unknown> } } })
          .error.json,
      };
    };

    const illegal = await call("plan.move", { id: ids.planId, status: "complete" });
    expect(illegal.status).toBe(409);
    expect(illegal.error.data).toEqual({
      code: "CONFLICT",
      httpStatus: 409,
      path: "plan.move",
      error: {
        code: "illegal-transition",
        details: { plan: ids.planId, from: "draft", to: "complete", allowed: ["in-progress", "cancelled"] },
      },
    });

    const invalid = await call("plan.create", {
      workspaceId: 1,
      title: 2,
      description: 3,
      status: 4,
      estimate: "5",
      assigneeId: 6,
      sprintId: 7,
      initiativeId: 8,
    });
    const { issues } = (invalid.error.data["error"] as { details: { issues: unknown[] } }).details;
    expect([invalid.status, issues.length <= 10]).toEqual([400, true]);
    expect(issues[0]).toEqual({ path: ["workspaceId"], code: "invalid_type" });

    // A failure of the inside: its words stay there.
    const { plans } = bed.test.host;
    const broken = { ...plans, get: () => Promise.reject(new Error("password=hunter2 at select * from plan")) };
    bed.test.host.plans = broken;
    const inside = await ask(
      `${http.url}/api/trpc/plan.get?input=${encodeURIComponent(JSON.stringify({ json: { id: ids.planId } }))}`,
      { headers },
    );
    bed.test.host.plans = plans;
    expect(inside.status).toBe(500);
    expect(inside.body).toContain("Something went wrong here");
    for (const { body } of [illegal, invalid, inside])
      expect(body).not.toMatch(/hunter2|stack|node_modules|select \*|\.ts/);

    const malformed = await ask(`${http.url}/api/trpc/plan.create`, { method: "POST", headers, body: "{" });
    expect([malformed.status, malformed.body.includes('"bad-request"')]).toEqual([400, true]);
    const unknown = await ask(`${http.url}/api/trpc/plan.explode`, { headers });
    expect([unknown.status, unknown.body.includes('"not-found"')]).toEqual([404, true]);
    const asQuery = await ask(
      `${http.url}/api/trpc/plan.remove?input=${encodeURIComponent(JSON.stringify({ json: { id: ids.planId } }))}`,
      { headers },
    );
    expect([[400, 405].includes(asQuery.status), asQuery.body.includes("internal")]).toEqual([true, false]);

    const batch = (count: number) =>
      ask(`${http.url}/api/trpc/${Array.from({ length: count }, () => "workspace.list").join(",")}?batch=1`, {
        headers,
      });
    expect((await batch(10)).status).toBe(200);
    expect((await batch(11)).status).toBe(400);
    await http.close();
  });
});
