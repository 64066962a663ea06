/**
 * The process of one turn: `node runner.ts <operator's folder> <turn id>`. It is started by the daemon and outlives it;
 * the next daemon adopts it through `runner.pid`. A second runner for the same turn ends at once.
 */
import { chosenProfile } from "./chosen-profile.ts";
import { readSandboxConfig } from "./config.ts";
import { createLogger } from "./logger.ts";
import { watchDaemon } from "./orphan-watch.ts";
import { claimPidFile, identityOf } from "./process-identity.ts";
import type { Profile } from "./profiles.ts";
import { runTurn } from "./run-turn.ts";
import { probeSandbox } from "./sandbox/availability.ts";
import { createSandboxPlanner } from "./sandbox/sandbox-settings.ts";
import { createTurnSandbox, type TurnSandbox } from "./sandbox/turn-sandbox.ts";
import { openSpool } from "./spool.ts";
import { readCommand, turnFolder } from "./turn-folder.ts";

const [operatorDir, turnId] = process.argv.slice(2);
if (!operatorDir || !turnId) throw new Error("The runner needs the operator's folder and a turn's id.");
await main(operatorDir, turnId);
process.exit(0);

async function main(dir: string, id: string): Promise<void> {
  const log = createLogger("runner").child({ turnId: id });
  const folder = turnFolder(dir, id);
  const self = identityOf(process.pid);
  const command = readCommand(folder);
  if (!self || !command) throw new Error(`Turn ${id} has no command in ${folder.path}.`);
  if (!claimPidFile(folder.runnerPid, self)) {
    log.warn("this turn has its runner already");
    return;
  }
  const spool = openSpool(folder.entries, Date.now);
  const profile = chosenProfile(dir, command);
  const orphaned = new AbortController();
  const stopWatching = watchDaemon(dir, () => orphaned.abort());
  // A stop comes through the control log; a signal to the daemon's group is not meant for the turn.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const sandboxOf = async (chosen: Profile): Promise<TurnSandbox> => {
    const { mode, hidden, path } = readSandboxConfig();
    const plan = createSandboxPlanner(mode, await probeSandbox(path))(chosen);
    return createTurnSandbox({ operatorDir: dir, folder, plan, hidden, log, now: Date.now });
  };
  try {
    if (spool.state().isEnded) return;
    await runTurn({ operatorDir: dir, folder, command, profile, sandboxOf, spool, orphaned: orphaned.signal });
    log.info({ lastSeq: spool.state().lastSeq }, "turn ended");
  } finally {
    stopWatching();
    spool.close();
  }
}
