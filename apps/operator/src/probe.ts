/**
 * The process that looks whether one agent answers: `node probe.ts <operator's folder>`. It is told on stdin which agent, one
 * line of JSON, and says on stdout what it found. The agent is held as in a turn, by a sandbox of its own over an empty folder
 * with no network at all. It ends with its stdin: whoever asked is gone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WorkspaceProfile, type AgentPresence } from "@signalbox/catalog/agent-profile";
import { z } from "zod";
import type { AgentCommand } from "./acp-client.ts";
import { askAgent } from "./ask-agent.ts";
import { chosenProfile } from "./chosen-profile.ts";
import { readSandboxConfig } from "./config.ts";
import { environmentWithoutGateway } from "./gateway/turn-gateway.ts";
import type { Profile } from "./profiles.ts";
import { probeSandbox } from "./sandbox/availability.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { createSandboxPlanner } from "./sandbox/sandbox-settings.ts";

const Question = z.object({ profileId: z.string(), profile: WorkspaceProfile.optional() });

const [operatorDir] = process.argv.slice(2);
if (!operatorDir) throw new Error("The probe needs the operator's folder.");
const over = new AbortController();
const lines = createInterface({ input: process.stdin });
lines.once("close", () => over.abort());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => over.abort());
lines.once("line", (line) => {
  void look(operatorDir, Question.parse(JSON.parse(line))).then((presence) => {
    process.stdout.write(`${JSON.stringify(presence)}\n`, () => process.exit(0));
  });
});

async function look(dir: string, question: z.infer<typeof Question>): Promise<AgentPresence> {
  const profile = chosenProfile(dir, question);
  if ("code" in profile) return { state: "not-allowed", detail: profile.message.slice(0, 500) };
  const folder = mkdtempSync(join(tmpdir(), "signalbox-probe-"));
  let held: Held | null = null;
  try {
    held = await hold(dir, folder, profile);
    return await askAgent(held.command, over.signal);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: "broken", detail: `The sandbox did not come up. ${why}`.slice(0, 500) };
  } finally {
    await held?.sandbox?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Held {
  command: AgentCommand;
  sandbox: Sandbox | null;
}

/** The agent's command as it may be started here. It throws where it may run in a sandbox alone and none comes up. */
async function hold(dir: string, folder: string, profile: Profile): Promise<Held> {
  const { mode, hidden, path } = readSandboxConfig();
  const plan = createSandboxPlanner(mode, await probeSandbox(path))(profile);
  // An empty folder: an agent reads its project's settings from where it is started.
  const workspace = mkdtempSync(join(folder, "workspace-"));
  const { command, args } = profile;
  const plain = { command, args, env: environmentWithoutGateway(profile, dir), cwd: workspace };
  if (plan.kind === "missing") throw new Error(plan.reason);
  if (plan.kind === "none") return { command: plain, sandbox: null };
  const { openBubblewrap } = await import("./sandbox/bubblewrap.ts");
  const sandbox = await openBubblewrap({
    workspace,
    temporary: mkdtempSync(join(folder, "temporary-")),
    // Who it is it knows by itself, and there is no log here to write its requests into.
    policy: { ...plan.policy, allowedDomains: [] },
    passage: null,
    hidden: [dir, ...hidden],
    onRequest: () => false,
  });
  return { command: await sandbox.wrap(plain), sandbox };
}
