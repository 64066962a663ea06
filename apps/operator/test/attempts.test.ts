import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AttemptReport } from "@signalbox/catalog/attempt";
import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { expect, onTestFinished, test } from "vitest";
import { compareLink } from "../src/git/compare-link.ts";
import { readRepositories } from "../src/repositories.ts";
import { startForge } from "./fake-forge.ts";
import { commitAll, makeRemote, makeRepository, plainGit, write } from "./git-repository.ts";
import { startOperator, type OperatorProcess } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const BRANCH = "signalbox/tidy-the-shop-a1";

function startCommand(turnId = "t1"): Extract<OperatorCommand, { type: "attempt.start" }> {
  return {
    type: "attempt.start",
    turnId,
    runId: `r-${turnId}`,
    chatId: "c",
    planId: "plan",
    profileId: "builtin",
    prompt: `Tidy the shop ${turnId}`,
    history: [],
    attempt: {
      attemptId: "a1",
      repository: "shop",
      branch: BRANCH,
      title: "Tidy the shop",
      link: "http://signalbox.example/w/w/plans/plan",
    },
  };
}

/** A host, an operator with a repository, and what is said of the attempt. */
async function setUp({
  settings = {},
  paceMs = 0,
  env = {},
}: { settings?: object; paceMs?: number; env?: Record<string, string> } = {}) {
  const store = createStore(TOKEN);
  const host = await startTestHost(store);
  onTestFinished(() => host.kill());
  const dir = temporaryFolder();
  const path = makeRepository();
  writeFileSync(join(dir, "repositories.json"), JSON.stringify([{ name: "shop", path, ...settings }]));
  const start = (): OperatorProcess =>
    startOperator({ hostUrl: host.url, token: TOKEN, dir, paceMs, env: { SIGNALBOX_SANDBOX: "off", ...env } });
  const last = (): AttemptReport | undefined => store.reports.at(-1)?.report;
  const phase = (wanted: AttemptReport["phase"]) =>
    until(`the attempt is ${wanted}`, () => (last()?.phase === wanted ? last() : null));
  const replyTo = (commandId: string) =>
    until(`${commandId} is answered`, () => store.replies.find((reply) => reply.commandId === commandId));
  return { store, host, dir, path, start, last, phase, replyTo };
}

/** Everything that an attempt leaves in a repository and beside the operator. */
function leftovers(path: string, dir: string): string[] {
  const folder = join(dir, "worktrees");
  return [
    ...plainGit(path, "branch", "--list", "signalbox/*").split("\n").filter(Boolean),
    ...plainGit(path, "worktree", "list", "--porcelain")
      .split("\n")
      .filter((line) => line.includes(folder)),
    ...(existsSync(folder) ? readdirSync(folder) : []),
  ];
}

test("an attempt is made in a worktree of its own, told whole, and merged when it is accepted", async () => {
  const { store, host, dir, path, start, phase, replyTo } = await setUp();
  const base = plainGit(path, "rev-parse", "main");
  start();
  host.send(startCommand());
  const ready = await phase("ready");
  expect(store.hellos[0]?.repositories).toEqual([{ name: "shop", base: "main" }]);
  expect(ready).toMatchObject({
    turnId: "t1",
    base: "main",
    baseCommit: base,
    stats: { files: 1, deletions: 0 },
    problem: null,
  });
  expect(plainGit(path, "rev-parse", BRANCH)).toBe(ready.headCommit);
  expect(plainGit(path, "rev-parse", "main")).toBe(base);
  expect(plainGit(path, "status", "--porcelain")).toBe("");
  const diff = store.reports.findLast((input) => input.diff)?.diff;
  expect(diff).toMatchObject({ commit: ready.headCommit, isCut: false });
  expect(diff?.files.map(({ path: name, change }) => [name, change])).toEqual([["notes/tidy-the-shop-t1.md", "added"]]);
  expect(diff?.files[0]?.patch).toContain("+> Tidy the shop t1");
  const trailers = plainGit(path, "log", "-1", "--format=%an|%s|%(trailers:only,unfold)", BRANCH);
  expect(trailers).toBe(
    "builtin (Signalbox)|Tidy the shop|Signalbox-Plan: http://signalbox.example/w/w/plans/plan\nSignalbox-Attempt: a1\nSignalbox-Agent: builtin",
  );
  expect(store.reports.map(({ report }) => report.revision)).toEqual(
    [...new Set(store.reports.map(({ report }) => report.revision))].toSorted((a, b) => a - b),
  );

  const accept = host.send({ type: "attempt.accept", attemptId: "a1", requestId: "q1" });
  expect(await phase("merged")).toMatchObject({ answers: "q1", conflicts: [] });
  expect((await replyTo(accept)).result).toEqual({ ok: true });
  expect(readFileSync(join(path, "notes", "tidy-the-shop-t1.md"), "utf8")).toContain("> Tidy the shop t1");
  expect(plainGit(path, "status", "--porcelain")).toBe("");
  expect(leftovers(path, dir)).toEqual([]);
  // The same commands once more change nothing.
  host.send(startCommand());
  await replyTo(host.send({ type: "attempt.accept", attemptId: "a1", requestId: "q1" }));
  expect(plainGit(path, "log", "--format=%s", "--merges", "main").split("\n")).toHaveLength(1);
});

test("a conflict is told with its files; a further turn works on in the same worktree; a discard leaves nothing", async () => {
  const { store, host, dir, path, start, last, phase } = await setUp();
  start();
  host.send(startCommand());
  await phase("ready");
  commitAll(path, { "notes/tidy-the-shop-t1.md": "of somebody else\n" }, "Meanwhile");
  host.send({ type: "attempt.accept", attemptId: "a1", requestId: "q1" });
  await until("the merge is refused", () => last()?.answers === "q1");
  expect(last()).toMatchObject({
    phase: "ready",
    conflicts: ["notes/tidy-the-shop-t1.md"],
    problem: { code: "conflict" },
  });

  host.send(startCommand("t2"));
  const again = await until("the second turn is ready", () =>
    last()?.turnId === "t2" && last()?.phase === "ready" ? last() : null,
  );
  expect(again).toMatchObject({ stats: { files: 2 }, conflicts: [], problem: null });
  expect(plainGit(path, "log", "--format=%s", `${again.baseCommit}..${BRANCH}`).split("\n")).toHaveLength(2);

  host.send({ type: "attempt.discard", attemptId: "a1", requestId: "q2" });
  await phase("discarded");
  expect(leftovers(path, dir)).toEqual([]);
  const unknown = host.send({ type: "attempt.discard", attemptId: "no", requestId: "q3" });
  const reply = await until("it is answered", () => store.replies.find(({ commandId }) => commandId === unknown));
  expect(reply.result).toMatchObject({ ok: false, code: "unknown-attempt" });
});

test("a branch is pushed and a pull request opened once, with the token in no command line", async () => {
  const forge = await startForge();
  const { host, dir, path, start, last, phase } = await setUp({
    settings: {
      remote: "origin",
      author: { name: "Shop Agent", email: "agent@shop.example" },
      forge: { type: "github", repository: "acme/shop", baseUrl: forge.url, tokenVariable: "SHOP_TOKEN" },
    },
    env: { SHOP_TOKEN: "s3cret" },
  });
  const remote = makeRemote(path);
  start();
  host.send(startCommand());
  const ready = await phase("ready");
  expect(ready).toMatchObject({
    problem: null,
    pushedCommit: ready.headCommit,
    pullRequest: { number: 1, url: "https://forge.example/acme/shop/pull/1" },
  });
  expect(plainGit(remote, "rev-parse", BRANCH)).toBe(ready.headCommit);
  expect(plainGit(remote, "log", "-1", "--format=%an <%ae>", BRANCH)).toBe("Shop Agent <agent@shop.example>");
  host.send(startCommand("t2"));
  await until("the second turn is ready", () => last()?.turnId === "t2" && last()?.phase === "ready");
  expect(plainGit(remote, "rev-parse", BRANCH)).toBe(last()?.headCommit);
  expect(forge.pulls).toMatchObject([
    { head: BRANCH, base: "main", title: "Tidy the shop", authorization: "token s3cret" },
  ]);
  expect(forge.pulls[0]?.body).toContain("http://signalbox.example/w/w/plans/plan");
  host.send({ type: "attempt.discard", attemptId: "a1", requestId: "q1" });
  await phase("discarded");
  expect(plainGit(remote, "branch", "--list", "signalbox/*")).toBe("");
  expect(leftovers(path, dir)).toEqual([]);
});

test("a push that is refused leaves the attempt ready, and says why", async () => {
  const { host, path, start, phase } = await setUp({ settings: { remote: "origin" } });
  const remote = makeRemote(path);
  write(remote, { "hooks/pre-receive": "#!/bin/sh\necho 'Not on a Friday' >&2\nexit 1\n" });
  plainGit(remote, "config", "core.hooksPath", join(remote, "hooks"));
  chmodSync(join(remote, "hooks", "pre-receive"), 0o755);
  start();
  host.send(startCommand());
  expect(await phase("ready")).toMatchObject({ pushedCommit: null, problem: { code: "push-failed" } });
});

test("a remote whose address was changed after the operator had read it gets no push, and the attempt says why", async () => {
  const { host, dir, path, start, phase } = await setUp({ settings: { remote: "origin" } });
  const remote = makeRemote(path);
  start();
  await until("the address is read", () => existsSync(join(dir, "remotes.json")));
  const other = join(temporaryFolder(), "other.git");
  plainGit(path, "clone", "--quiet", "--bare", path, other);
  plainGit(path, "config", "remote.origin.pushurl", other);
  host.send(startCommand());
  expect(await phase("ready")).toMatchObject({
    pushedCommit: null,
    problem: { code: "push-failed", message: expect.stringContaining("another address than it had") },
  });
  for (const one of [remote, other]) expect(plainGit(one, "branch", "--list", "signalbox/*")).toBe("");
});

/** Six starts of an operator, each with its runner: long on a busy machine. */
const KILLS_TIMEOUT_MS = 180_000;

test(
  "an operator that is killed between any two steps ends at the same place",
  { timeout: KILLS_TIMEOUT_MS },
  async () => {
    const { store, host, dir, path, start, last, phase } = await setUp({ paceMs: 2 });
    const stepOf = (): string => {
      const file = join(dir, "attempts", "a1.json");
      return existsSync(file) ? String((JSON.parse(readFileSync(file, "utf8")) as { step: unknown }).step) : "none";
    };
    let operator = start();
    const killAt = async (what: string, isThere: () => boolean) => {
      await until(what, isThere);
      operator.kill("SIGKILL");
      await operator.exited;
      operator = start();
    };
    host.send(startCommand());
    await killAt("it is journaled", () => stepOf() !== "none");
    await killAt("the worktree appears", () => existsSync(join(dir, "worktrees", "a1")));
    await killAt("the agent works", () => (store.turns.get("t1")?.entries.length ?? 0) > 5);
    await killAt("the turn has ended", () => store.turns.get("t1")?.isClosed === true);
    await killAt("it was committed", () => plainGit(path, "rev-list", "--count", BRANCH) === "2");
    const ready = await phase("ready");
    expect(ready.stats.files).toBe(1);
    expect(plainGit(path, "rev-list", "--count", BRANCH)).toBe("2");

    host.send({ type: "attempt.accept", attemptId: "a1", requestId: "q1" });
    await killAt("the merge is under way", () => stepOf() === "merging" || stepOf() === "merged");
    await phase("merged");
    expect(last()?.answers).toBe("q1");
    expect(plainGit(path, "log", "--format=%s", "--merges", "main").split("\n")).toHaveLength(1);
    expect(plainGit(path, "status", "--porcelain")).toBe("");
    expect(leftovers(path, dir)).toEqual([]);
  },
);

test("a discard ends the agent that works, and a repository that is not open is refused", async () => {
  const { host, store, dir, path, start, phase, replyTo } = await setUp({ paceMs: 40 });
  start();
  host.send(startCommand());
  await until("the agent works", () => (store.turns.get("t1")?.entries.length ?? 0) > 5);
  host.send({ type: "attempt.discard", attemptId: "a1", requestId: "q1" });
  await phase("discarded");
  expect(leftovers(path, dir)).toEqual([]);
  await until("its turn is cancelled", () => store.turns.get("t1")?.entries.at(-1)?.["outcome"] === "cancelled");
  const { attempt, ...rest } = startCommand("t2");
  const other = host.send({ ...rest, attempt: { ...attempt, attemptId: "a2", repository: "/etc" } });
  expect((await replyTo(other)).result).toMatchObject({ ok: false, code: "unknown-repository" });
});

test.each([
  ["https://forge.example/acme/shop.git", "https://forge.example/acme/shop/compare/main...signalbox/a-1"],
  [
    "https://me:secret@forge.example:8443/acme/shop",
    "https://forge.example:8443/acme/shop/compare/main...signalbox/a-1",
  ],
  ["git@forge.example:acme/shop.git", "https://forge.example/acme/shop/compare/main...signalbox/a-1"],
  ["ssh://git@forge.example:2222/acme/shop.git", "https://forge.example/acme/shop/compare/main...signalbox/a-1"],
  ["http://127.0.0.1:3000/acme/shop", "http://127.0.0.1:3000/acme/shop/compare/main...signalbox/a-1"],
  ["/srv/git/shop.git", null],
  ["ext::sh -c true", null],
])("of the remote %s a forge would compare at %s", (remote, link) => {
  expect(compareLink(remote, { base: "main", branch: "signalbox/a-1" })).toBe(link);
});

test.each([
  [[{ name: "shop", path: "relative" }], /path must be absolute/],
  [[{ name: "shop", path: "/srv/shop", base: "--upload-pack=sh" }], /base must be the name of a branch/],
  [[{ name: "shop", path: "/srv/shop", base: "a..b" }], /base must be the name of a branch/],
  [
    [
      { name: "shop", path: "/srv/shop" },
      { name: "shop", path: "/srv/other" },
    ],
    /names the repository shop twice/,
  ],
  [[{ name: "shop", path: "/srv/shop", hooks: true }], /Unrecognized key/],
])("repositories.json with %j is refused", (value, words) => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, "repositories.json"), JSON.stringify(value));
  expect(() => readRepositories(dir)).toThrow(words);
});
