/** Opens a pull request for an attempt's branch, or finds the one that is open: asked twice, there is one. */
import { Octokit } from "@octokit/rest";
import { operatorEnvironment } from "../config.ts";
import { FORGE_TIMEOUT_MS } from "../limits.ts";
import type { ForgeSettings } from "../repositories.ts";

export interface PullRequest {
  number: number;
  url: string;
}

/** Throws, in words for a person, when the token is missing or the forge refuses. */
export async function openPullRequest(
  forge: ForgeSettings,
  { branch, base, title, body }: { branch: string; base: string; title: string; body: string },
  signal: AbortSignal,
): Promise<PullRequest> {
  const token = operatorEnvironment()[forge.tokenVariable];
  if (!token) throw new Error(`The operator's variable ${forge.tokenVariable} holds no token.`);
  const [owner = "", repo = ""] = forge.repository.split("/");
  const octokit = new Octokit({
    baseUrl: forge.baseUrl.replace(/\/+$/, ""),
    auth: token,
    userAgent: "signalbox-operator",
    request: { signal: AbortSignal.any([signal, AbortSignal.timeout(FORGE_TIMEOUT_MS)]) },
  });
  const open = await octokit.rest.pulls.list({
    owner,
    repo,
    head: `${owner}:${branch}`,
    base,
    state: "open",
    per_page: 1,
  });
  const found = open.data[0];
  if (found) return { number: found.number, url: found.html_url };
  const { data } = await octokit.rest.pulls.create({ owner, repo, head: branch, base, title, body });
  return { number: data.number, url: data.html_url };
}
