/**
 * One daemon per folder: two would both write the turn-end of a dead runner. `daemon.pid` says who it is.
 *
 * A dead daemon's file is never just removed: of two starters that saw it, the second would remove the first one's claim.
 * Whoever takes over from a claim makes the one file that can follow it (`link` makes it once, whole), and only then puts
 * it in the claim's place. A starter that dies in between has left a claim that can be followed likewise.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "./config.ts";
import { FOLDER_WAIT_MS } from "./limits.ts";
import { pause } from "./pause.ts";
import { claimPidFile, identityOf, isAlive, parseIdentity, type ProcessIdentity } from "./process-identity.ts";
import { daemonPidPath } from "./turn-folder.ts";

const STEP_MS = 50;

const SUCCESSOR = ".after-";
const DIGEST_CHARACTERS = 16;

/** Waits for one that is just ending. Throws a ConfigError while another one works there. Returns the release. */
export async function claimFolder(operatorDir: string, signal: AbortSignal): Promise<() => void> {
  mkdirSync(operatorDir, { recursive: true });
  const path = daemonPidPath(operatorDir);
  const self = identityOf(process.pid);
  if (!self) throw new Error("This process has no identity.");
  for (let waited = 0; ; waited += STEP_MS) {
    const holder = tryClaim(path, self);
    if (holder === self) return () => rmSync(path, { force: true });
    if (waited >= FOLDER_WAIT_MS || signal.aborted) {
      throw new ConfigError(
        `SIGNALBOX_OPERATOR_DIR must be a folder of its own: process ${holder?.pid ?? "?"} works in ${operatorDir}.`,
      );
    }
    await pause(STEP_MS, signal);
  }
}

/** Who has the path now: `self`, when it is this process from now on; null where another starter was faster just now. */
export function tryClaim(path: string, self: ProcessIdentity): ProcessIdentity | null {
  return claimAfter(path, readClaims(path), self);
}

/** The same of claims that were read, however long ago. */
export function claimAfter(path: string, claims: Claim[], self: ProcessIdentity): ProcessIdentity | null {
  const last = claims.at(-1);
  if (!last) return claimPidFile(path, self) ? self : null;
  const holder = parseIdentity(last.text);
  if (holder && isAlive(holder)) return holder;
  // A file that names nobody is from a loss of power: no process has outlived that.
  const successor = successorOf(last);
  if (!claimPidFile(successor, self)) return null;
  const now = readClaims(path);
  const isNext = now.length === claims.length + 1 && claims.every(({ text }, index) => now[index]?.text === text);
  if (!isNext) {
    // It was taken over, and maybe given back, since the first look: what was followed here is no claim any more.
    rmSync(successor, { force: true });
    return null;
  }
  renameSync(successor, path);
  removeSuccessors(path);
  return self;
}

interface Claim {
  path: string;
  text: string;
}

/** The claim in the file itself, then who followed it and did not come to take its place. Empty: the path is free. */
export function readClaims(path: string): Claim[] {
  const claims: Claim[] = [];
  for (let next = path; ;) {
    const text = readText(next);
    if (text === null) return claims;
    const claim = { path: next, text };
    claims.push(claim);
    next = successorOf(claim, path);
  }
}

/** The one name for what follows a claim. No later claim has it: an identity is used once, and so is a place behind it. */
export function successorOf(claim: Claim, path = claim.path.split(SUCCESSOR)[0] ?? claim.path): string {
  const digest = createHash("sha256")
    .update(`${basename(claim.path)}\n${claim.text}`)
    .digest("hex");
  return `${path}${SUCCESSOR}${digest.slice(0, DIGEST_CHARACTERS)}`;
}

/** Those of claims that are over. A slow starter finds out by itself; the draft of one (a longer name) is still its own. */
function removeSuccessors(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const [first, digest] = name.split(SUCCESSOR);
    if (first === basename(path) && digest?.length === DIGEST_CHARACTERS) rmSync(join(folder, name), { force: true });
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
