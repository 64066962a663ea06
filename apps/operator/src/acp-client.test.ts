/** An agent as a process: how its end is noticed, and what is read from its wire. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { until } from "../test/until.ts";
import { startAgent, type AgentListener } from "./acp-client.ts";
import { identityOf } from "./process-identity.ts";

const NOBODY: AgentListener = { onMessage: () => {}, onStderr: () => {}, onPermission: () => Promise.resolve(null) };

function startShell(script: string, listener = NOBODY) {
  const cwd = temporaryFolder();
  const agent = startAgent(
    { command: "/bin/sh", args: ["-c", script], env: { PATH: process.env["PATH"] ?? "" }, cwd },
    listener,
  );
  return { agent, cwd };
}

// The streams of a process close when the last one that holds them is gone: a server that the agent had started in the
// background once kept its death from being noticed for as long as it ran.
test("an agent's end is noticed while what it started holds its streams, and that is ended, too", async () => {
  const { agent, cwd } = startShell("sleep 600 & echo $! > child.pid; kill -9 $$");
  expect(await agent.exited).toMatchObject({ code: null, signal: "SIGKILL" });
  const child = Number(readFileSync(join(cwd, "child.pid"), "utf8"));
  await until("its child is gone", () => identityOf(child) === null);
});

test("what an agent said last is heard before its end", async () => {
  const heard: string[] = [];
  const { agent } = startShell("echo last words >&2; exit 7", { ...NOBODY, onStderr: (line) => heard.push(line) });
  expect(await agent.exited).toEqual({ code: 7, signal: null });
  expect(heard).toEqual(["last words"]);
});
