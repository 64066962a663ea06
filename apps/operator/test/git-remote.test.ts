import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { writeDurably } from "../src/durable-file.ts";
import { commitWork } from "../src/git/commit-work.ts";
import { deleteRemoteBranch, pushBranch } from "../src/git/push-branch.ts";
import { readDiff } from "../src/git/read-diff.ts";
import { openRemoteAddresses, protocolOf } from "../src/git/remote-address.ts";
import { setUpAttempt, WORDS } from "./attempt-worktree.ts";
import { makeRemote, plainGit, write } from "./git-repository.ts";
import { makeTraps } from "./git-traps.ts";

async function setUp() {
  const attempt = await setUpAttempt();
  const { path, dir, git, worktree } = attempt;
  const address = makeRemote(path);
  write(worktree.path, { "work.txt": "done\n" });
  const commit = await commitWork(git, worktree, WORDS);
  const settings = { name: "shop", path, base: "main", remote: "origin" };
  writeDurably(join(dir, "repositories.json"), JSON.stringify([settings]));
  const target = { gitDir: attempt.gitDir, address, forge: undefined, carrier: join(dir, "push") };
  return { ...attempt, address, commit, settings, target, what: { branch: worktree.branch, commit } };
}

test("[OP18] a missing object is an error, and no program of a remote that could have it is run", async () => {
  const { dir, git, gitDir, baseCommit, commit } = await setUp();
  const traps = makeTraps(dir);
  const blob = plainGit(gitDir, "rev-parse", `${commit}:work.txt`);
  traps.arm(gitDir);
  rmSync(join(gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
  expect(() => plainGit(gitDir, "cat-file", "-p", blob)).toThrow(/Command failed/);
  expect(traps.sprung()).toContain("trap.sh");
  await expect(readDiff(git, gitDir, { from: baseCommit, to: commit })).rejects.toThrow(blob);
  expect(traps.sprung()).toBe("nothing ran");
});

test.each<[string, (elsewhere: string, address: string) => [key: string, value: string]]>([
  ["another address for pushes", (elsewhere) => ["remote.origin.pushurl", elsewhere]],
  ["another address", (elsewhere) => ["remote.origin.url", elsewhere]],
  ["a rule that rewrites addresses", (elsewhere, address) => [`url.${elsewhere}.insteadOf`, address]],
  ["a rule that rewrites addresses of pushes", (elsewhere, address) => [`url.${elsewhere}.pushInsteadOf`, address]],
  ["a remote that is called as the address", (elsewhere, address) => [`remote.${address}.pushurl`, elsewhere]],
])("[OP18] %s in the repository's configuration leads no push elsewhere", async (_what, setting) => {
  const { dir, git, gitDir, address: path, target, what } = await setUp();
  const traps = makeTraps(dir);
  const address = `file://${path}`;
  const [key, value] = setting(traps.elsewhere, address);
  plainGit(gitDir, "config", key, value);
  // The trap works: plain git is led there.
  plainGit(gitDir, "push", "--quiet", key.startsWith("remote.origin") ? "origin" : address, "main");
  expect(traps.sprung()).toContain("pre-receive");
  await pushBranch(git, { ...target, address }, what);
  expect(plainGit(path, "rev-parse", what.branch)).toBe(what.commit);
  await deleteRemoteBranch(git, { ...target, address }, what.branch);
  expect(plainGit(path, "branch", "--list", "signalbox/*")).toBe("");
  expect(traps.sprung()).toBe("nothing ran");
  expect(existsSync(target.carrier)).toBe(false);
});

test("an address is read once; a repository that says another later is told, and one without a remote has none", async () => {
  const { dir, path, git, address, settings } = await setUp();
  const addresses = openRemoteAddresses(dir, git);
  await expect(addresses.addressOf(settings)).rejects.toThrow(/had no remote origin/);
  await addresses.learn({ ...settings, remote: "upstream" });
  await addresses.learn(settings);
  expect(await addresses.addressOf(settings)).toBe(address);
  plainGit(path, "remote", "set-url", "origin", "/srv/other.git");
  await addresses.learn(settings);
  await expect(openRemoteAddresses(dir, git).addressOf(settings)).rejects.toThrow(
    /another address .* remove shop from the operator's remotes\.json/,
  );
  // Another remote, or another repository of that name, is read anew.
  plainGit(path, "remote", "add", "mirror", "git@forge.example:acme/shop.git");
  await addresses.learn({ ...settings, remote: "mirror" });
  expect(await addresses.addressOf({ ...settings, remote: "mirror" })).toBe("git@forge.example:acme/shop.git");
  expect(readFileSync(join(dir, "remotes.json"), "utf8")).not.toContain(address);
});

test("the forge's token goes to no address that another one leads to", async () => {
  const { git, target, what } = await setUp();
  const heard: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url);
    response.writeHead(302, { location: `/elsewhere${request.url ?? ""}` }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop.git`;
  vi.stubEnv("NO_PROXY", "127.0.0.1");
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(pushBranch(git, { ...target, address }, what)).rejects.toThrow(/git push/);
  expect(heard).toEqual(["/shop.git/info/refs?service=git-receive-pack"]);
});

test.each([
  ["https://forge.example/acme/shop.git", "https"],
  ["http://127.0.0.1:3000/acme/shop", "http"],
  ["ssh://git@forge.example/acme/shop", "ssh"],
  ["git@forge.example:acme/shop.git", "ssh"],
  ["/srv/git/shop.git", "file"],
  ["file:///srv/git/shop.git", "file"],
])("%s is reached by %s alone", (address, protocol) => {
  expect(protocolOf(address)).toBe(protocol);
});

test.each(["ext::sh -c touch% ran", "fd::3", "../shop.git", "git://forge.example/shop", ""])(
  "an address such as %j is refused",
  (address) => {
    expect(() => protocolOf(address)).toThrow(/neither https, http, ssh nor an absolute path/);
  },
);
