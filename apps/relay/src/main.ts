/** `node src/main.ts`: the webhook relay. Exit code 0 after SIGTERM or SIGINT, 1 with one plain line otherwise. */
import { WEBHOOK_TIMEOUT_MS } from "@signalbox/catalog/timing";
import { isSignalboxClientError } from "@signalbox/client/service/client-error";
import { ConfigError, readConfig } from "./config.ts";
import { createLogger, writeLastLine } from "./logger.ts";
import { runRelay } from "./relay.ts";

/** An attempt that is under way is waited for; then the process ends, and the message comes again at the next start. */
const STOP_LIMIT_MS = WEBHOOK_TIMEOUT_MS + 1_000;

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (stopping.signal.aborted) process.exit(0);
      stopping.abort();
      setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    });
  }
  try {
    await runRelay({ config: readConfig(), log: createLogger(), signal: stopping.signal });
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) writeLastLine(error.message);
    else if (isSignalboxClientError(error) && error.code === "unauthenticated") {
      writeLastLine("SIGNALBOX_API_KEY must be a valid key: the host refused it (401).");
    } else if (isSignalboxClientError(error)) writeLastLine(`${error.code}: ${error.message}`);
    else throw error;
    return 1;
  }
}
