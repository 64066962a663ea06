/**
 * Settings that let git run a program, and what stands in their place. A repository's configuration may have been written
 * by an agent that got at it, and a `.gitattributes` of its worktree picks among the drivers that it names.
 */
export type ConfigPair = readonly [key: string, value: string];

/** Given on every call. */
export const FIXED_CONFIG: readonly ConfigPair[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.sshCommand", "ssh -o BatchMode=yes"],
  ["core.gitProxy", "none"],
  ["core.alternateRefsCommand", "true"],
  ["core.askPass", "true"],
  ["core.pager", "cat"],
  ["core.editor", "false"],
  ["sequence.editor", "false"],
  ["core.attributesFile", "/dev/null"],
  ["core.untrackedCache", "false"],
  ["core.splitIndex", "false"],
  // The empty one takes back those named before it.
  ["credential.helper", ""],
  ["commit.gpgSign", "false"],
  ["push.gpgSign", "false"],
  ["push.followTags", "false"],
  // A credential is for the address that was named, and for none that it leads to.
  ["http.followRedirects", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  // A submodule in the worktree is a repository that the agent made, with a configuration of its own.
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["push.recurseSubmodules", "no"],
  ["status.submoduleSummary", "false"],
  ["diff.ignoreSubmodules", "all"],
];

/** By the end of a key, what is harmless in its place. Filters that do nothing leave a file as it is. */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^filter\.[^]+\.(clean|smudge|process)$/i, ""],
  [/^filter\.[^]+\.required$/i, "false"],
  // What git does by itself; without a command the merge would fail.
  [/^merge\.[^]+\.driver$/i, "git merge-file --marker-size=%L %A %O %B"],
  [/^diff\.[^]+\.(command|textconv)$/i, ""],
  [/^diff\.external$/i, ""],
  [/^credential\.[^]+\.helper$/i, ""],
  [/^remote\.[^]+\.vcs$/i, ""],
  [/^gpg\.(?:[^]+\.)?program$/i, "false"],
];

/** The fixed overrides, and one for each of these keys that could run a program. */
export function overridesFor(keys: readonly string[]): ConfigPair[] {
  const found = [...new Set(keys)].flatMap((key): ConfigPair[] => {
    const harmless = BY_NAME.find(([pattern]) => pattern.test(key));
    return harmless ? [[key, harmless[1]]] : [];
  });
  return [...FIXED_CONFIG, ...found];
}
