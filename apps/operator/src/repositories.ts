/**
 * The repositories that the owner of this operator opened to attempts: `repositories.json` in its folder. Without the file
 * none. A host names a repository by its name, and can never lead the operator to another path.
 */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Repository } from "@signalbox/catalog/attempt";
import { REPOSITORIES_PER_OPERATOR } from "@signalbox/catalog/bounds";
import { z } from "zod";
import { ConfigError } from "./config.ts";

const FILE = "repositories.json";

/** Names that git takes as a branch and no command line as an option (git-check-ref-format, without its rarities). */
const Branch = z
  .string()
  .max(200)
  .regex(/^(?!.*(\.\.|\/\/|@\{|\.lock(\/|$)))[A-Za-z0-9_][A-Za-z0-9_./+-]*(?<![./])$/, "must be the name of a branch");

const Forge = z.strictObject({
  type: z.literal("github"),
  repository: z.string().regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, "must be owner/name"),
  baseUrl: z.url({ protocol: /^https?$/ }).default("https://api.github.com"),
  /** The operator's variable that holds the token, for pull requests and for a push over https. */
  tokenVariable: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
});
export type ForgeSettings = z.infer<typeof Forge>;

const RepositorySettings = z.strictObject({
  name: z.string().min(1).max(100),
  path: z.string().refine(isAbsolute, "must be absolute"),
  base: Branch.default("main"),
  /** A remote of the repository, by name: attempts are pushed there. Without it they stay on this machine. */
  remote: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/)
    .optional(),
  author: z.strictObject({ name: z.string().min(1).max(200), email: z.string().min(3).max(200) }).optional(),
  forge: Forge.optional(),
});
export type RepositorySettings = z.infer<typeof RepositorySettings>;

/** Read anew each time, so that a change counts at once. Throws a ConfigError that names the file and what is wrong. */
export function readRepositories(operatorDir: string): RepositorySettings[] {
  const path = join(operatorDir, FILE);
  if (!existsSync(path)) return [];
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError(`${FILE} must be JSON: a list of {name, path, base, remote, forge}.`);
  }
  const parsed = z.array(RepositorySettings).max(REPOSITORIES_PER_OPERATOR).safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(
      `${FILE} is not a list of repositories: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
    );
  }
  const names = parsed.data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigError(`${FILE} names the repository ${twice} twice.`);
  return parsed.data;
}

/** As the host hears of them: without paths, addresses and variables. */
export function shownRepositories(settings: readonly RepositorySettings[]): Repository[] {
  return settings.map(({ name, base }) => ({ name, base }));
}
