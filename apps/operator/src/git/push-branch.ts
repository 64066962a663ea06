/**
 * Brings an attempt's branch to its remote, and takes it away there. The repository's own configuration takes no part: a
 * changed address, a rewriting rule or a proxy in it would send commits and the forge's token elsewhere. Git pushes from a
 * bare folder made for this one push, which has nothing but the repository's objects.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operatorEnvironment } from "../config.ts";
import type { RepositorySettings } from "../repositories.ts";
import type { ConfigPair } from "./harmless-config.ts";
import { protocolOf } from "./remote-address.ts";
import type { Git } from "./run-git.ts";

export interface Remote {
  gitDir: string;
  /** As it was read before any agent ran. */
  address: string;
  forge: RepositorySettings["forge"];
  /** A folder that may be made, and is removed: absolute. */
  carrier: string;
}

/** Never by force: a branch that somebody else pushed to is theirs, too. */
export async function pushBranch(git: Git, remote: Remote, { branch, commit }: { branch: string; commit: string }) {
  await push(git, remote, `${commit}:refs/heads/${branch}`);
}

export async function deleteRemoteBranch(git: Git, remote: Remote, branch: string): Promise<void> {
  await push(git, remote, `:refs/heads/${branch}`);
}

async function push(git: Git, { gitDir, address, forge, carrier }: Remote, refspec: string): Promise<void> {
  const protocol = protocolOf(address);
  const format = (await git({ gitDir }, ["rev-parse", "--show-object-format"])).stdout.trim();
  const options = ["--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no"];
  try {
    makeCarrier(carrier, format);
    await git({ gitDir: carrier }, ["push", ...options, "--", address, refspec], {
      protocol,
      config: credentialFor(address, forge),
      env: { GIT_OBJECT_DIRECTORY: join(gitDir, "objects") },
    });
  } finally {
    rmSync(carrier, { recursive: true, force: true });
  }
}

function makeCarrier(path: string, objectFormat: string): void {
  rmSync(path, { recursive: true, force: true });
  for (const name of ["objects", "refs"]) mkdirSync(join(path, name), { recursive: true });
  writeFileSync(join(path, "HEAD"), "ref: refs/heads/none\n");
  const extension = `[extensions]\n\tobjectFormat = ${objectFormat}\n`;
  writeFileSync(join(path, "config"), `[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n${extension}`);
}

/** The forge's token goes to the remote's own host over https, and nowhere else. */
function credentialFor(address: string, forge: RepositorySettings["forge"]): ConfigPair[] {
  const token = forge ? operatorEnvironment()[forge.tokenVariable] : undefined;
  if (!token || !address.startsWith("https://")) return [];
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return [[`http.${new URL(address).origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}
