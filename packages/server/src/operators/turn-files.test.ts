import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { enroll, PROFILE, startTurn, type TestOperator } from "../../test/operator-fixture.ts";
import { createTestHost } from "../../test/test-host.ts";
import { tailCommands } from "./commands.ts";

const CONTENT = { base64: Buffer.from("inside").toString("base64"), offset: 0, size: 6 };

describeHosts("files of a turn", (bed) => {
  /** The operator's next question, as it gets it. */
  const nextQuestion = async (operator: TestOperator) => {
    const { store, commandBell } = bed.test.host;
    const gone = new AbortController();
    const frames = tailCommands(store, commandBell, {
      operatorId: operator.identity.id,
      generation: operator.generation,
      after: 0,
      gone: gone.signal,
    });
    for (;;) {
      const { value, done } = await frames.next();
      if (done) throw new Error("the commands ended");
      if (value.command.type !== "file.read") continue;
      gone.abort();
      return value;
    }
  };
  const scene = async () => {
    const workspace = await bed.test.workspace();
    const operator = await enroll(bed.test, workspace.id);
    const { turnId, planId } = await startTurn(bed.test, workspace.scope);
    const { scope } = workspace;
    const read = () => bed.test.host.turnFiles.read(scope, { turnId, path: "src/a.txt", offset: 0 });
    const reply = async (
      result: Parameters<typeof bed.test.host.operators.reply>[1]["result"],
      host = bed.test.host,
    ) => {
      const { commandId } = await nextQuestion(operator);
      await host.operators.reply(operator.identity, { generation: operator.generation, commandId, result });
    };
    return { ...workspace, operator, turnId, planId, read, reply };
  };

  it("are asked of the operator that has the turn, whose answer is the reader's", async () => {
    const { read, reply, operator, planId } = await scene();
    const reading = read();
    expect((await nextQuestion(operator)).command).toEqual({ type: "file.read", planId, path: "src/a.txt", offset: 0 });
    await reply({ ok: true, value: CONTENT });
    expect(await reading).toEqual({ ok: true, ...CONTENT });
  });

  // It named the plan alone: of the same path the plan's own file was shown, or none.
  it("of an attempt's turn are asked for in its worktree", async () => {
    const { scope, operator, planId } = await scene();
    await bed.test.host.operators.register(operator.identity, {
      generation: operator.generation,
      profiles: [PROFILE],
      repositories: [{ name: "shop", base: "main" }],
    });
    const request = { planId, operatorId: operator.identity.id, repository: "shop" };
    const attempt = await bed.test.host.attempts.start(scope, request);
    const reading = bed.test.host.turnFiles.read(scope, { turnId: attempt.turnId, path: "a.txt", offset: 3 });
    const { command, commandId } = await nextQuestion(operator);
    expect(command).toEqual({ type: "file.read", planId, attemptId: attempt.id, path: "a.txt", offset: 3 });
    const { generation } = operator;
    await bed.test.host.operators.reply(operator.identity, {
      generation,
      commandId,
      result: { ok: true, value: CONTENT },
    });
    expect(await reading).toEqual({ ok: true, ...CONTENT });
  });

  it("an operator's refusal is an answer, and what is no file is none", async () => {
    const { read, reply } = await scene();
    const refused = read();
    await reply({ ok: false, code: "outside", message: "This path leads out." });
    expect(await refused).toEqual({ ok: false, code: "outside", message: "This path leads out." });
    const odd = read();
    await reply({ ok: true, value: { base64: 7 } });
    expect(await odd).toMatchObject({ ok: false, code: "no-answer" });
  });

  it("an operator that is away is said at once; one that is silent after a while, and is asked no more", async () => {
    const { read, reply, operator, scope } = await scene();
    expect(await read()).toMatchObject({ ok: false, code: "no-answer" });
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect(await read()).toEqual({ ok: false, code: "operator-offline", message: expect.any(String) });
    await operator.hello();
    const { turnId } = await startTurn(bed.test, scope);
    const reading = bed.test.host.turnFiles.read(scope, { turnId, path: "new.txt", offset: 0 });
    // The question that stayed without an answer was taken back: this is the next.
    expect((await nextQuestion(operator)).command).toMatchObject({ path: "new.txt" });
    await reply({ ok: true, value: CONTENT });
    expect(await reading).toMatchObject({ ok: true });
  });

  it("[OP15] an answer that reaches another host is the reader's all the same", async (context) => {
    const { openAnother } = bed.opened;
    if (!openAnother) return context.skip();
    const other = await createTestHost(await openAnother());
    const { read, reply } = await scene();
    const reading = read();
    await reply({ ok: true, value: CONTENT }, other.host);
    expect(await reading).toEqual({ ok: true, ...CONTENT });
    await other.close();
  });
});
