/**
 * What a person answered with "always", kept beside the operator for one chat: a further turn is a new process of the
 * agent, which remembers nothing. On another operator one is asked again.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { REMEMBERED_CHATS_MAX, REMEMBERED_MAX } from "./limits.ts";
import { isPlainId } from "./turn-folder.ts";

const Rule = z.object({ profileId: z.string(), what: z.string(), decision: z.enum(["allow", "reject"]) });
type Rule = z.infer<typeof Rule>;

export interface PermissionMemory {
  /** The decision that stands for this, or null. */
  decisionOn(what: string): Rule["decision"] | null;
  remember(what: string, decision: Rule["decision"]): void;
}

/** A tool call as far as a decision looks at it. */
export interface AskedCall {
  kind: string;
  title: string;
}

/** Decided by their kind, since their titles name each file anew and none leads out of what the agent may touch anyway. */
const BY_KIND = ["read", "search", "think", "edit"];

/** What "always" is about: every call of such a kind, or for commands and the rest exactly this one. */
export function whatOf({ kind, title }: AskedCall): string {
  return BY_KIND.includes(kind) ? kind : `${kind}: ${title}`;
}

export function openPermissionMemory(
  operatorDir: string,
  { chatId, profileId }: { chatId: string; profileId: string },
): PermissionMemory {
  const path = isPlainId(chatId) ? join(folderOf(operatorDir), `${chatId}.json`) : null;
  const rules = path === null ? [] : readRules(path);
  if (path !== null && rules.length > 0) noteUse(path);
  const ruleOn = (what: string) => rules.findLast((rule) => rule.profileId === profileId && rule.what === what);
  return {
    decisionOn: (what) => ruleOn(what)?.decision ?? null,
    remember(what, decision) {
      if (ruleOn(what)?.decision === decision) return;
      rules.push({ profileId, what, decision });
      // The oldest are forgotten: then one is asked again.
      rules.splice(0, rules.length - REMEMBERED_MAX);
      if (path === null) return;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.draft`, JSON.stringify(rules));
      renameSync(`${path}.draft`, path);
    },
  };
}

/** Forgets the chats that were quiet for longest, beyond the bound: there one is asked again. */
export function sweepPermissions(operatorDir: string, kept = REMEMBERED_CHATS_MAX): void {
  const folder = folderOf(operatorDir);
  if (!existsSync(folder)) return;
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (files.length <= kept) return;
  const usedAt = new Map(files.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0]));
  files.sort((a, b) => (usedAt.get(b) ?? 0) - (usedAt.get(a) ?? 0));
  for (const file of files.slice(kept)) rmSync(file, { force: true });
}

function folderOf(operatorDir: string): string {
  return join(operatorDir, "permissions");
}

function noteUse(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // A sweep has forgotten it in this moment: what was read holds for this turn.
  }
}

function readRules(path: string): Rule[] {
  try {
    return z.array(Rule).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return [];
  }
}
