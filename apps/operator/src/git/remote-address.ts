/**
 * Where a repository's remote is. Read once, before an agent runs in the repository, and written down in the operator's
 * folder: what its configuration says later may be an agent's word.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../durable-file.ts";
import { readRepositories, type RepositorySettings } from "../repositories.ts";
import { GitError, type Git } from "./run-git.ts";
import { findGitDir } from "./worktree.ts";

const FILE = "remotes.json";

const Known = z.object({ path: z.string(), remote: z.string(), address: z.string() });
const KnownRemotes = z.record(z.string(), Known);

export interface RemoteAddresses {
  /** Reads and keeps the address, unless it is known; where git knows no remote of that name there is nothing to keep. */
  learn(settings: RepositorySettings): Promise<void>;
  /** The address as it was kept. Throws in words for a person where none was, or where the repository says another now. */
  addressOf(settings: RepositorySettings): Promise<string>;
}

export function openRemoteAddresses(operatorDir: string, git: Git): RemoteAddresses {
  const file = join(operatorDir, FILE);

  function kept({ name, path, remote }: RepositorySettings): string | null {
    const found = readKnown(file)[name];
    return found && found.path === path && found.remote === remote ? found.address : null;
  }

  return {
    async learn(settings) {
      const { name, path, remote } = settings;
      if (remote === undefined || kept(settings) !== null) return;
      const address = await currentAddress(git, findGitDir(path), remote);
      if (address === null) return;
      const open = new Set(readRepositories(operatorDir).map((one) => one.name));
      const others = Object.entries(readKnown(file)).filter(([one]) => open.has(one));
      const known = Object.fromEntries([...others, [name, { path, remote, address }]]);
      writeDurably(file, `${JSON.stringify(known, null, 2)}\n`);
    },
    async addressOf(settings) {
      const { name, path, remote = "" } = settings;
      const [address, now] = [kept(settings), await currentAddress(git, findGitDir(path), remote)];
      if (address === null) {
        throw new GitError(`When this attempt began, the repository ${name} had no remote ${remote}.`, null);
      }
      if (address !== now) {
        const what = `The remote ${remote} of the repository ${name} has another address than it had.`;
        throw new GitError(`${what} If you changed it, remove ${name} from the operator's ${FILE}.`, null);
      }
      return address;
    },
  };
}

/** As a push would take it. The first one where there are several; null where git knows no remote of that name. */
async function currentAddress(git: Git, gitDir: string, remote: string): Promise<string | null> {
  const { code, stdout } = await git({ gitDir }, ["remote", "get-url", "--push", "--", remote], { accepts: [0, 2] });
  return code === 0 ? (stdout.split("\n")[0] ?? "") : null;
}

function readKnown(file: string): z.infer<typeof KnownRemotes> {
  if (!existsSync(file)) return {};
  const parsed = KnownRemotes.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new GitError(`${FILE} in the operator's folder is none of its own.`, null);
  return parsed.data;
}

/** The one way that git may take to an address. Throws where there is none: an address can name a program to run. */
export function protocolOf(address: string): "file" | "http" | "https" | "ssh" {
  if (/^(\/|file:\/\/)/.test(address)) return "file";
  if (address.startsWith("https://")) return "https";
  if (address.startsWith("http://")) return "http";
  if (address.startsWith("ssh://") || /^[\w.@-]+:(?!:|\/\/)/.test(address)) return "ssh";
  throw new GitError("The remote's address is neither https, http, ssh nor an absolute path.", null);
}
