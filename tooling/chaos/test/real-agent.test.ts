/**
 * An agent that others make, as its users get it: installed from npm, named in the operator's `profiles.json`, and driven
 * through host, operator and runner. Only its model is a fake, behind the model's own HTTP API.
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { probeSandbox } from "@signalbox/operator/sandbox/availability";
import { makeBed, type Bed } from "../src/bed.ts";
import { makeOperator } from "../src/operator.ts";
import { createRandom } from "../src/random.ts";
import { followTurn, makeChat, readStore } from "../src/turn.ts";
import { until } from "../src/until.ts";
import { startFakeGemini } from "./fake-gemini.ts";
import { installedAgents } from "./installed-agents.ts";

const CONTENT = "Written by an agent that others make.\n";
const WORDS = ["I wrote ", "the note ", "that you asked for."];
/** What the operator has, and the agent must not see. */
const KEY = "a-real-key-of-the-operator";
/** Prints the agent's environment; what a shell reads may be more than what the agent hands on to it. */
const OWN = "env; tr '\\0' '\\n' < /proc/$PPID/environ; echo end-of-environment";
/** And that of every process in sight: outside of a sandbox these are the operator's, too. */
const EVERYBODYS = "cat /proc/[0-9]*/environ | tr '\\0' '\\n'; echo end-of-everybodys";
/** It tells nobody about this machine, and asks nobody for a newer version. */
const SETTINGS = {
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
};

const HERE = await probeSandbox(process.env["PATH"]);

describe("Gemini CLI, as it comes from npm", () => {
  let bed: Bed;
  let agents: string;
  beforeAll(async () => {
    [bed, agents] = await Promise.all([makeBed({ isPostgres: false, link: "websocket", seed: 1 }), installedAgents()]);
  }, 240_000);
  afterAll(() => bed?.close());

  it("asks before it writes, writes, answers, and its turn is the same in spool, store and readers", async () => {
    const model = await startFakeGemini({
      calls: [
        { name: "run_shell_command", args: { command: HERE.isAvailable ? `${OWN}; ${EVERYBODYS}` : OWN } },
        { name: "write_file", args: { file_path: "note.txt", content: CONTENT } },
      ],
      words: WORDS,
    });
    onTestFinished(() => model.close());
    const settings = join(bed.folder, "gemini-settings.json");
    writeFileSync(settings, JSON.stringify(SETTINGS));
    // A home of its own: nobody's settings and sign-ins take part. In a sandbox `TMPDIR` is another one, and can be written.
    const home = join(bed.folder, "home");
    mkdirSync(home);
    const operator = await makeOperator({
      bed,
      random: createRandom(1),
      paceMs: 0,
      environment: { GEMINI_API_KEY: KEY },
      profile: {
        id: "gemini",
        name: "Gemini CLI",
        command: "sh",
        args: ["-c", 'HOME="$TMPDIR" exec "$0" --acp', join(agents, "node_modules/.bin/gemini")],
        env: { TMPDIR: home, GEMINI_CLI_SYSTEM_SETTINGS_PATH: settings },
        gateway: { api: "gemini", baseUrl: model.url },
        // Where this machine can: which it was is told in the turn.
        sandbox: { mode: "preferred" },
      },
    });
    onTestFinished(() => operator.close());
    await operator.start();

    const { client } = operator.workspace;
    const chatId = await makeChat(operator.workspace);
    const { turnId } = await client.turn.start.mutate({ chatId, prompt: "Write a note", profileId: "gemini" });
    const turn = followTurn(bed, operator, turnId);
    onTestFinished(() => turn.close());

    const answered = new Set<string>();
    for (const tool of ["run_shell_command", "write_file"]) {
      const question = await until(`the agent asks whether it may call ${tool}, or ends`, async () =>
        (await readStore(bed, operator, turnId)).find(
          (entry) =>
            entry.kind === "turn-end" || (entry.kind === "permission-request" && !answered.has(entry.requestId)),
        ),
      );
      expect(question).toMatchObject({ kind: "permission-request" });
      if (question.kind !== "permission-request") return;
      const allow = question.options.find((option) => option.kind === "allow_once");
      const { requestId } = question;
      answered.add(requestId);
      await client.turn.answer.mutate({ turnId, requestId, optionId: allow?.optionId ?? "" });
    }

    await turn.finished();
    await until("the turn is settled", () => operator.isSettled(turnId));
    expect(await turn.verdict({ outcome: "completed", endedBy: "operator", text: WORDS.join("") })).toEqual({
      lost: 0,
      duplicated: 0,
      terminals: 1,
      faults: [],
    });
    const workspaces = join(operator.dir, "workspaces");
    const [folder] = readdirSync(workspaces);
    expect(readFileSync(join(workspaces, folder ?? "", "note.txt"), "utf8")).toBe(CONTENT);

    // In bubblewrap where it is installed, whatever the operator says of itself; else it says that nothing held the agent.
    const told = (await readStore(bed, operator, turnId)).find(({ kind }) => kind === "sandbox");
    expect(told).toMatchObject({ kind: "sandbox", sandbox: HERE.isAvailable ? "bubblewrap" : "none" });

    // The agent printed what it has: its own variables, and in a sandbox those of every process that it sees.
    expect(model.results[0]).toContain("GEMINI_CLI_SYSTEM_SETTINGS_PATH=");
    expect(model.results[0]).toContain("end-of-environment");
    const spool = join(operator.dir, "spool", turnId);
    const kept = readdirSync(spool, { recursive: true, encoding: "utf8" })
      .map((name) => join(spool, name))
      .filter((path) => statSync(path).isFile())
      .map((path) => readFileSync(path, "utf8"));
    expect(kept.join("")).toContain("end-of-environment");
    const stored = JSON.stringify(await readStore(bed, operator, turnId));
    for (const secret of [KEY, operator.token])
      for (const text of [...model.results, ...kept, stored]) expect(text).not.toContain(secret);

    const kinds = new Set((await readStore(bed, operator, turnId)).map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(["turn-start", "permission-resolved", "tool-call", "text-delta", "usage", "turn-end"]),
    );
    // Its model was asked through the gateway, which put the key in.
    expect(model.requests.length).toBeGreaterThan(1);
    expect(new Set(model.requests.map(({ key }) => key))).toEqual(new Set([KEY]));
  }, 300_000);
});
