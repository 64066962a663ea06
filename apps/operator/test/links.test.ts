/** What holds on either link: the same tests, with the operator as a real process and the product's host. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPERATOR_MESSAGE_MAX_BYTES, PROFILE_MAX_BYTES, PROFILES_PER_WORKSPACE } from "@signalbox/catalog/bounds";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildStage, LINKS, playOn, STORE_OPENS_MS, untilEnded, type Stage } from "./link-stage.ts";
import { spooled } from "./operator-process.ts";
import { entriesOf } from "./real-host.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

describe.each(LINKS)("over the link %s", (link) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await buildStage(link);
  }, STORE_OPENS_MS);
  afterAll(() => stage.close());

  test("an operator comes online, a turn runs from end to end, and what the host has is what was spooled", async () => {
    const { host, dir, operator, isOnline, startTurn } = await playOn(link, stage);
    operator();
    await until("it is online", isOnline);
    const turnId = await startTurn(host().services, "Write 120 words");
    const entries = await untilEnded(host, turnId);
    expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
    expect(entries).toEqual(spooled(dir, turnId));
  });

  test("a token that the host doesn't know ends the operator with one line", async () => {
    const { operator } = await playOn(link, stage);
    const refused = operator({ token: "sbx_op_wrong" });
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.log().trim().split("\n").at(-1)).toContain("SIGNALBOX_OPERATOR_TOKEN must be a valid token");
  });

  test("a stop reaches the agent, and what it said is kept", async () => {
    const { host, dir, operator, startTurn, scopeOn } = await playOn(link, stage);
    const { services } = host();
    operator({ paceMs: 20 });
    const turnId = await startTurn(services, "Write 2000 words");
    await until("it speaks", async () => (await entriesOf(services, turnId)).length > 10);
    expect(await services.turns.stop(await scopeOn(services), turnId)).toEqual({ outcome: "cancelled" });
    const entries = await untilEnded(host, turnId);
    expect(entries).toEqual(spooled(dir, turnId));
  });

  test("an agent's question reaches the person, and the answer the agent", async () => {
    const { host, operator, isOnline, startTurn, scopeOn } = await playOn(link, stage);
    const { services } = host();
    operator();
    await until("it is online", isOnline);
    const turnId = await startTurn(services, "Do it", "asks");
    const { requestId } = await until("it asks", async () =>
      (await entriesOf(services, turnId)).find((entry) => entry.kind === "permission-request"),
    );
    await services.turns.answer(await scopeOn(services), { turnId, requestId, optionId: "once" });
    expect(JSON.stringify(await untilEnded(host, turnId))).toContain("chosen: once");
  });

  test("a second operator with the same token fences the first, which ends with a line that says so", async () => {
    const { operator, isOnline } = await playOn(link, stage);
    const older = operator();
    await until("the first is online", isOnline);
    operator({ dir: temporaryFolder() });
    expect(await older.exited).toMatchObject({ code: 1 });
    expect(older.log()).toContain("another operator connected with the same token");
    await until("the second is online", isOnline);
  });

  test("a revoked operator's connection is closed, and its next one is refused", async () => {
    const { host, operatorId, operator, isOnline } = await playOn(link, stage);
    const revoked = operator();
    await until("it is online", isOnline);
    await host().services.operators.revoke(operatorId);
    expect(await revoked.exited).toMatchObject({ code: 1 });
    expect(revoked.log()).toContain("SIGNALBOX_OPERATOR_TOKEN must be a valid token");
  });

  test("O5: a message over 1 MiB closes its connection alone, with 1009", async () => {
    const { host, operator, isOnline, dial, startTurn } = await playOn(link, stage);
    operator();
    await until("it is online", isOnline);
    const rude = await dial();
    const closed = once(rude, "close");
    rude.send("x".repeat(OPERATOR_MESSAGE_MAX_BYTES + 1));
    expect((await closed)[0]).toBe(1009);
    const turnId = await startTurn(host().services, "Write 20 words");
    expect((await untilEnded(host, turnId)).at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("a workspace full of the largest profiles reaches its operator, and comes back as what may run there", async () => {
    const { host, dir, operator, isOnline, scopeOn } = await playOn(link, stage);
    const { services } = host();
    const scope = await scopeOn(services);
    const settings = { name: "Large", command: "no-such-agent-here", env: [], model: null, policy: "ask" as const };
    const room = PROFILE_MAX_BYTES - Buffer.byteLength(JSON.stringify({ ...settings, args: [] }));
    // Each argument is two quotes and a comma longer than it is.
    const args = Array.from({ length: 10 }, () => "x".repeat(Math.floor(room / 10) - 3));
    for (let made = 0; made < PROFILES_PER_WORKSPACE; made++) {
      await services.agentProfiles.create(scope, { ...settings, args });
    }
    const allowedDomains = Array.from({ length: 64 }, (_, index) => `${index}.`.padEnd(52, "a").concat(".example.com"));
    const sandbox = { allowedDomains };
    writeFileSync(
      join(dir, "allowed-agents.json"),
      JSON.stringify([{ command: settings.command, args: "any", sandbox }]),
    );
    operator();
    const large = await until("all of them are registered", async () => {
      const found = (await services.agents.list(scope)).filter(({ name }) => name === "Large");
      return found.every(({ operators }) => operators.length > 0) ? found : null;
    });
    expect(large).toHaveLength(PROFILES_PER_WORKSPACE);
    expect(large.map(({ operators }) => operators[0]?.presence.state)).toEqual(large.map(() => "missing"));
    expect(await isOnline()).toBe(true);
  });

  test("cut at random moments and in every way that the link knows, two turns arrive whole", async () => {
    const { host, dir, operator, startTurn } = await playOn(link, stage);
    const { services, cutAll } = host();
    const ways = stage.hub ? [cutAll, stage.hub.cutAll, stage.hub.forgetAll] : [cutAll];
    operator({ paceMs: 5 });
    const turnIds = [await startTurn(services, "Write 500 words"), await startTurn(services, "Write 500 words")];
    const stored = async () => (await Promise.all(turnIds.map((id) => entriesOf(services, id)))).flat();
    const isOver = async () => (await stored()).filter(({ kind }) => kind === "turn-end").length === 2;
    for (let cuts = 0; cuts < 9 && !(await isOver()); cuts += 1) {
      const before = (await stored()).length;
      const further = 1 + Math.floor(Math.random() * 60);
      await until("the turns went on", async () => (await isOver()) || (await stored()).length >= before + further);
      ways[cuts % ways.length]?.();
    }
    for (const turnId of turnIds) {
      const entries = await untilEnded(host, turnId);
      expect(entries).toEqual(spooled(dir, turnId));
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
      expect(entries.filter(({ kind }) => kind === "turn-end")).toHaveLength(1);
    }
  });

  test("a host that goes away in mid-turn and comes back gets the rest", async () => {
    const { host, dir, operator, startTurn } = await playOn(link, stage);
    operator({ paceMs: 5 });
    const turnId = await startTurn(host().services, "Write 300 words");
    await until("some is stored", async () => (await entriesOf(host().services, turnId)).length > 20);
    await stage.restart();
    expect(await untilEnded(host, turnId)).toEqual(spooled(dir, turnId));
  });
});
