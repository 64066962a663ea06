/** On either link: what an operator sends at its largest, and what a host asks of it. */
import { OPERATOR_MESSAGE_MAX_BYTES, ATTACHMENT_PIECE, DIFF_MAX_LENGTH } from "@signalbox/catalog/bounds";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../src/host-session.ts";
import { buildStage, LINKS, playOn, STORE_OPENS_MS, untilEnded, type Stage } from "./link-stage.ts";
import { spooled } from "./operator-process.ts";
import { until } from "./until.ts";

describe.each(LINKS)("over the link %s", (link) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await buildStage(link);
  }, STORE_OPENS_MS);
  afterAll(() => stage.close());

  test("output that was cut comes whole in pieces, the sandbox's log as it was written, and a file when it is asked for", async () => {
    const { host, dir, operator, isOnline, startTurn, scopeOn } = await playOn(link, stage);
    const { services } = host();
    operator();
    await until("it is online", isOnline);
    const turnId = await startTurn(services, "Flood", "floods");
    const scope = await scopeOn(services);
    expect(await untilEnded(host, turnId)).toEqual(spooled(dir, turnId));
    const whole = Array.from({ length: 20_000 }, (_, line) => `line ${line + 1} of the output \u{1F6A6}`).join("\n");
    const stored = async () => {
      let text = "";
      for (let after = 0, isWhole = false; !isWhole;) {
        const part = await services.attachments.read(scope, { turnId, attachmentId: "a1", after }).catch(() => null);
        if (!part || part.last === after) return null;
        text += part.text;
        ({ last: after, isWhole } = part);
      }
      return text;
    };
    expect(await until("the attachment is whole", stored)).toBe(whole);
    expect(await services.turnFiles.read(scope, { turnId, path: "written.txt", offset: 0 })).toMatchObject({
      base64: Buffer.from("written by the agent").toString("base64"),
    });
    await until(
      "its sandbox has stopped",
      async () => (await services.sandboxes.get(scope, turnId)).state === "stopped",
    );
    const { entries } = await services.sandboxes.log(scope, turnId, {});
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.at(0)).toMatchObject({ kind: "sandbox-start" });
    expect(entries.at(-1)).toMatchObject({ kind: "sandbox-end" });
  });

  test("the largest append, piece and report each get through, one after the other on one connection", async () => {
    const { host, token } = await playOn(link, stage);
    const url = host().url;
    const channel =
      link === "websocket"
        ? { link, url: `${url.replace("http", "ws")}/__/operator` }
        : { link, url: `${url}/__/operator/negotiate` };
    const session = openSession({ channel, token });
    const { generation } = await session.hello({
      protocol: PROTOCOL_VERSION,
      version: "0",
      instanceId: "largest",
      profiles: [],
      turns: [],
    });
    // Of no turn and of no attempt: what counts is that each comes, and is answered.
    const turnId = "none";
    const text = "x".repeat(60_000);
    const entries = Array.from({ length: 4 }, (_, index) => ({ seq: index + 1, at: 1, kind: "text-delta", text }));
    expect(await session.append({ generation, turnId, entries })).toMatchObject({ verdict: "unknown" });
    expect(await session.sandboxAppend({ generation, turnId, entries })).toMatchObject({ verdict: "unknown" });
    // Each character is six of the message.
    const piece = "\u0001".repeat(ATTACHMENT_PIECE);
    expect(
      await session.attach({ generation, turnId, attachmentId: "a1", piece: 1, text: piece, isLast: true }),
    ).toMatchObject({ verdict: "unknown" });
    const stats = { files: 1, additions: 1, deletions: 1 };
    const report = {
      attemptId: "none",
      revision: 1,
      turnId,
      phase: "ready" as const,
      base: "main",
      baseCommit: null,
      headCommit: null,
      pending: 0,
      stats,
      pushedCommit: null,
      pullRequest: null,
      compareUrl: null,
      answers: null,
      conflicts: [],
      problem: null,
    };
    // Lines of one quotation mark: the message is more than twice as long.
    const patch = '"\n'.repeat(DIFF_MAX_LENGTH / 2);
    const file = { path: "a.txt", change: "modified" as const, isBinary: false, additions: 1, deletions: 1, patch };
    const diff = { commit: "0".repeat(40), files: [file], isCut: false };
    const bytes = Buffer.byteLength(JSON.stringify({ report, diff }));
    expect(bytes).toBeGreaterThan(500_000);
    expect(bytes).toBeLessThan(OPERATOR_MESSAGE_MAX_BYTES);
    expect(await session.report({ generation, report, diff })).toEqual({ verdict: "unknown" });
    expect(await session.heartbeat(generation, [])).toBe(generation);
    session.close("the test is over");
    expect(await session.ended).toMatchObject({ reason: "lost" });
  });
});
