/** What makes git run a program, armed: each leads to a script that writes down that it ran. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainGit, write } from "./git-repository.ts";

export interface Traps {
  /** The script's path. */
  script: string;
  /** A repository that runs the script for whatever is pushed to it. */
  elsewhere: string;
  /** Makes a repository name the script wherever its configuration can, and as each of its hooks. */
  arm(gitDir: string): void;
  /** What ran since the last time that this was asked, or "nothing ran". */
  sprung(): string;
}

export function makeTraps(dir: string): Traps {
  const marker = join(dir, "ran");
  const script = join(dir, "trap.sh");
  writeFileSync(script, `#!/bin/sh\necho "$0 $@" >> ${marker}\nexit 0\n`);
  chmodSync(script, 0o755);
  // A repository whose hook is the script: a push that is led there runs it.
  const elsewhere = join(dir, "elsewhere.git");
  plainGit(dir, "init", "--quiet", "--bare", elsewhere);
  write(join(elsewhere, "hooks"), { "pre-receive": readFileSync(script) });
  chmodSync(join(elsewhere, "hooks", "pre-receive"), 0o755);
  const settings = [
    ["core.fsmonitor", script],
    ["core.sshCommand", script],
    // A missing object would be fetched from there, by this program.
    ["remote.lazy.promisor", "true"],
    ["remote.lazy.url", dir],
    ["remote.lazy.uploadpack", script],
    ["remote.lazy2.promisor", "true"],
    ["remote.lazy2.url", "ssh://nowhere.invalid/shop"],
    ["remote.origin.pushurl", elsewhere],
    ["core.alternateRefsCommand", script],
    ["filter.evil.clean", script],
    ["filter.evil.smudge", script],
    ["filter.evil.process", script],
    ["filter.evil.required", "true"],
    ["diff.external", script],
    ["diff.evil.command", script],
    ["diff.evil.textconv", script],
    ["merge.evil.driver", script],
    ["remote.origin.receivepack", script],
    ["credential.helper", script],
    ["gpg.program", script],
    ["commit.gpgSign", "true"],
  ] as const;
  const hooks = [
    "pre-commit",
    "post-commit",
    "post-checkout",
    "reference-transaction",
    "post-index-change",
    "pre-push",
    "post-merge",
  ];
  return {
    script,
    elsewhere,
    arm(gitDir) {
      for (const [key, value] of settings) plainGit(dir, `--git-dir=${gitDir}`, "config", key, value);
      for (const hook of hooks) {
        write(join(gitDir, "hooks"), { [hook]: readFileSync(script) });
        chmodSync(join(gitDir, "hooks", hook), 0o755);
      }
    },
    sprung() {
      const ran = existsSync(marker) ? readFileSync(marker, "utf8") : "nothing ran";
      rmSync(marker, { force: true });
      return ran;
    },
  };
}

/** What picks among the drivers of an armed repository, from within a worktree. */
export const PICKS_TRAPS = "* filter=evil diff=evil merge=evil\n";
