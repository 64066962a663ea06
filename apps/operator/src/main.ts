/** `node src/main.ts`: the operator's daemon. Exit code 0 after SIGTERM or SIGINT, 1 with one plain line otherwise. */
import { readAllowedAgents } from "./allowed-agents.ts";
import { ConfigError, readDaemonConfig, readModelConfig, readSandboxConfig } from "./config.ts";
import { runDaemon } from "./daemon.ts";
import { createLogger, writeLastLine } from "./logger.ts";
import { loadProfiles } from "./profiles.ts";
import { readRepositories } from "./repositories.ts";
import { probeSandbox } from "./sandbox/availability.ts";
import { createSandboxPlanner } from "./sandbox/sandbox-settings.ts";

/** A stop that hangs ends the hard way: a service manager waits no longer. */
const STOP_LIMIT_MS = 1_500;

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(0);
      stopping.abort();
      setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    });
  }
  try {
    const config = readDaemonConfig();
    const model = readModelConfig();
    const profiles = loadProfiles(config.operatorDir, model);
    // A file that allows nothing because it is broken is better told now than found out later.
    readAllowedAgents(config.operatorDir);
    readRepositories(config.operatorDir);
    const { mode, path } = readSandboxConfig();
    const planOf = createSandboxPlanner(mode, await probeSandbox(path));
    const log = createLogger("operator");
    const end = await runDaemon({ config, profiles, model, planOf, log, signal: stopping.signal });
    switch (end) {
      case "stopped":
        return 0;
      case "refused":
        writeLastLine("SIGNALBOX_OPERATOR_TOKEN must be a valid token: the host refused it (401).");
        return 1;
      case "fenced":
        writeLastLine("another operator connected with the same token; this one ends.");
        return 1;
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    writeLastLine(error.message);
    return 1;
  }
}
