/** Attempts whose agents run in real bubblewrap: what the sandbox leaves in a worktree, and what an agent leaves there for git. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AttemptReport } from "@signalbox/catalog/attempt";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { describe, expect, onTestFinished, test } from "vitest";
import { killGroup, readPidFile } from "../src/process-identity.ts";
import { probeSandbox } from "../src/sandbox/availability.ts";
import { commitAll, makeRepository, plainGit } from "./git-repository.ts";
import { makeTraps, PICKS_TRAPS } from "./git-traps.ts";
import { startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const AGENT = fileURLToPath(new URL("./probing-agent.mjs", import.meta.url));
const HERE = await probeSandbox(process.env["PATH"]);
const BRANCH = "signalbox/tidy-a1";

type Step = { do: string } & Record<string, unknown>;

/** An operator with a repository, and the probing agent in a sandbox. `signal` is a file that the agent can wait for. */
async function setUp(files: Record<string, string>) {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const path = makeRepository(files);
  const profile = { id: "probe", name: "Probe", command: process.execPath, args: [AGENT] };
  writeFileSync(join(dir, "profiles.json"), JSON.stringify([profile]));
  writeFileSync(join(dir, "repositories.json"), JSON.stringify([{ name: "shop", path }]));
  startOperator({ hostUrl: host.url, token: TOKEN, dir, env: { SIGNALBOX_SANDBOX: "required" } });
  const start = (steps: Step[]): void => {
    const ids = { turnId: "t1", runId: "r", chatId: "c", planId: "plan", profileId: "probe", history: [] };
    const link = "http://signalbox.example/w/w/plans/plan";
    const attempt = { attemptId: "a1", repository: "shop", branch: BRANCH, title: "Tidy", link };
    host.send({ type: "attempt.start", ...ids, prompt: JSON.stringify(steps), attempt });
  };
  const last = (): AttemptReport | undefined => store.reports.at(-1)?.report;
  const phase = (wanted: AttemptReport["phase"]) =>
    until(`the attempt is ${wanted}`, () => (last()?.phase === wanted ? last() : null));
  const turn = () => (store.turns.get("t1")?.entries ?? []).map((entry) => LoggedEntry.parse(entry));
  return { store, host, dir, path, worktree: join(dir, "worktrees", "a1"), start, phase, turn };
}

function textOf(entries: readonly LoggedEntry[]): string {
  return entries.map((entry) => (entry.kind === "text-delta" ? entry.text : "")).join("");
}

describe.skipIf(!HERE.isAvailable)("in a sandbox", () => {
  test("[OP18] an agent that rewrites .git, and leaves traps for git, gets nothing run; what it changed is counted as it is", async () => {
    const { store, host, path, worktree, start, phase, turn } = await setUp({ "README.md": "# Shop\n" });
    const traps = makeTraps(temporaryFolder());
    traps.arm(join(path, ".git"));
    const config = readFileSync(join(path, ".git", "config"), "utf8");
    const mayGoOn = join(temporaryFolder(), "go-on");
    const rewrites: Step[] = [
      { do: "write", path: ".git", text: "gitdir: own/.git\n" },
      { do: "remove", path: ".git" },
      { do: "rename", path: ".git", to: "away" },
      { do: "write", path: join(path, ".git", "config"), text: "[core]\n" },
      { do: "write", path: join(path, ".git", "hooks", "post-commit"), text: "#!/bin/sh\n" },
    ];
    start([
      ...rewrites,
      { do: "run", command: "git", args: ["init", "--quiet", "nested"] },
      { do: "run", command: "git", args: ["-C", "nested", "config", "core.fsmonitor", traps.script] },
      { do: "write", path: "nested/inside.txt" },
      { do: "write", path: ".gitattributes", text: PICKS_TRAPS },
      { do: "write", path: "work.txt" },
      { do: "await", path: mayGoOn },
    ]);
    // The sandbox is up, so the places of its masks are there; git, outside of it, sees them.
    await until("what it changed is counted", () => store.reports.some(({ report }) => report.pending === 3));
    expect(readdirSync(worktree)).toContain(".bashrc");
    writeFileSync(mayGoOn, "");
    const ready = await phase("ready");
    const results = JSON.parse(textOf(turn())) as { error?: unknown }[];
    expect(results.map(({ error }) => error !== undefined)).toEqual([
      ...rewrites.map(() => true),
      ...Array.from({ length: 6 }, () => false),
    ]);
    expect(Math.max(...store.reports.map(({ report }) => report.pending))).toBe(3);
    expect(ready).toMatchObject({ pending: 0, stats: { files: 2 }, problem: null });
    expect(traps.sprung()).toBe("nothing ran");
    expect(readFileSync(join(path, ".git", "config"), "utf8")).toBe(config);
    // The traps work: plain git steps into them.
    plainGit(worktree, "status");
    expect(traps.sprung()).toContain("trap.sh");

    host.send({ type: "attempt.accept", attemptId: "a1", requestId: "q1" });
    await phase("merged");
    expect(traps.sprung()).toBe("nothing ran");
    const merged = plainGit(path, "-c", "core.hooksPath=/dev/null", "ls-tree", "-r", "--name-only", "main");
    expect(merged.split("\n")).toEqual([".gitattributes", "README.md", "work.txt"]);
  });

  test("where the runner was killed, what its sandbox left is neither committed nor kept, and empty files of the repository are", async () => {
    const { store, dir, path, worktree, start, phase } = await setUp({ "README.md": "# Shop\n" });
    const before = commitAll(path, { ".gitmodules": "", ".claude/agents": "" }, "Empty files");
    start([
      { do: "write", path: "work.txt" },
      { do: "await", path: "never" },
    ]);
    await until("what it changed is counted", () => store.reports.some(({ report }) => report.pending === 1));
    expect(existsSync(join(worktree, ".bashrc"))).toBe(true);
    const runner = readPidFile(join(dir, "spool", "t1", "runner.pid"));
    if (!runner) throw new Error("The turn has no runner.");
    killGroup(runner.pid, "SIGKILL");
    const failed = await phase("failed");
    expect(failed).toMatchObject({ pending: 0, stats: { files: 1, additions: 1, deletions: 0 } });
    expect(plainGit(path, "diff", "--name-status", before, BRANCH)).toBe("A\twork.txt");
    expect(readdirSync(worktree).toSorted()).toEqual([".claude", ".git", ".gitmodules", "README.md", "work.txt"]);
    expect(plainGit(worktree, "status", "--porcelain")).toBe("");
  });
});
