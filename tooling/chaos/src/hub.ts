/**
 * What stands in for Azure Web PubSub (`tooling/web-pubsub-hub`), as a process that can be killed. It keeps nothing: one
 * that comes back knows none of its connections. Its events go through a proxy, so that they can move to another host.
 */
import { startChaosProxy } from "@signalbox/client/test/chaos-proxy";
import { join } from "node:path";
import { ChaosError } from "./chaos-error.ts";
import { ROOT } from "./config.ts";
import { freePort } from "./free-port.ts";
import { startNode, type ManagedProcess } from "./processes.ts";
import { until } from "./until.ts";

export interface HubUnderTest {
  readonly url: string;
  /** What a host needs to know of it. */
  readonly hostEnvironment: Record<string, string>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  kill(): Promise<void>;
  isUp(): boolean;
  /** From now on it tells this host what operators say. */
  retarget(hostUrl: string): void;
  close(): Promise<void>;
}

const KEY = "an access key of the chaos suite's own hub";

/** Not yet started. */
export async function makeHub({ hostUrl, logFile }: { hostUrl: string; logFile: string }): Promise<HubUnderTest> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const events = await startChaosProxy(hostUrl);
  let running: ManagedProcess | null = null;
  return {
    url,
    hostEnvironment: { SIGNALBOX_WEB_PUBSUB: `Endpoint=${url};AccessKey=${KEY};Version=1.0;` },
    async start() {
      const started = startNode({
        entry: join(ROOT, "tooling/web-pubsub-hub/src/main.ts"),
        environment: {
          WEB_PUBSUB_HUB_PORT: String(port),
          WEB_PUBSUB_HUB_KEYS: KEY,
          WEB_PUBSUB_HUB_HANDLER: `${events.url}/__/operator/events`,
        },
        logFile,
      });
      running = started;
      await until(`the hub of ${logFile} answers`, async () => {
        if (!started.isRunning()) throw new ChaosError(`The hub ended at its start: see ${logFile}.`);
        const response = await fetch(url);
        await response.body?.cancel();
        return true;
      });
    },
    async kill() {
      await running?.kill();
    },
    isUp: () => running?.isRunning() ?? false,
    retarget(to) {
      events.retarget(to);
      events.reset();
    },
    async close() {
      await running?.kill();
      await events.close();
    },
  };
}
