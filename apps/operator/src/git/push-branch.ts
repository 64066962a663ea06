/** Brings an attempt's branch to the repository's remote, and takes it away there. */
import { operatorEnvironment } from "../config.ts";
import type { RepositorySettings } from "../repositories.ts";
import type { ConfigPair } from "./harmless-config.ts";
import type { Git } from "./run-git.ts";

export interface Remote {
  gitDir: string;
  name: string;
  forge: RepositorySettings["forge"];
}

/** Never by force: a branch that somebody else pushed to is theirs, too. */
export async function pushBranch(git: Git, remote: Remote, { branch, commit }: { branch: string; commit: string }) {
  await push(git, remote, `${commit}:refs/heads/${branch}`);
}

export async function deleteRemoteBranch(git: Git, remote: Remote, branch: string): Promise<void> {
  await push(git, remote, `:refs/heads/${branch}`);
}

async function push(git: Git, remote: Remote, refspec: string): Promise<void> {
  const { gitDir, name } = remote;
  const url = await addressOf(git, remote);
  // Of two settings git takes the first, so this one is overridden here.
  const program = "--receive-pack=git-receive-pack";
  await git(
    { gitDir },
    ["push", program, "--quiet", "--no-verify", "--no-signed", "--recurse-submodules=no", name, refspec],
    {
      config: credentialFor(url, remote.forge),
    },
  );
}

/** Where the remote is; null where git knows none of that name. */
export async function addressOf(git: Git, { gitDir, name }: Pick<Remote, "gitDir" | "name">): Promise<string | null> {
  const { code, stdout } = await git({ gitDir }, ["config", "--get", `remote.${name}.url`], { accepts: [0, 1] });
  return code === 0 ? stdout.trim() : null;
}

/** The forge's token goes to the remote's own host over https, and nowhere else. */
function credentialFor(url: string | null, forge: RepositorySettings["forge"]): ConfigPair[] {
  const token = forge ? operatorEnvironment()[forge.tokenVariable] : undefined;
  if (!token || !url?.startsWith("https://")) return [];
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return [[`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}
