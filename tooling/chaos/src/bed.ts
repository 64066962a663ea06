/**
 * What the scenarios lie in: the built host (and, for a move, a second one) as a process, its store,
 * and the proxy that all readers go through. It stays between scenarios; whatever they kill, they start again.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChaosProxy, type ChaosProxy } from "@signalbox/client/test/chaos-proxy";
import { createServiceClient, type ServiceClient } from "@signalbox/client";
import { z } from "zod";
import { ChaosError } from "./chaos-error.ts";
import { ROOT } from "./config.ts";
import { freePort } from "./free-port.ts";
import { makeHub, type HubUnderTest } from "./hub.ts";
import type { LinkName } from "./options.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import { runNode, startNode, type ManagedProcess } from "./processes.ts";
import { passTime, until } from "./until.ts";

export interface HostUnderTest {
  readonly url: string;
  isUp(): boolean;
  /** Resolves when it answers that it is ready. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Stops it for as long (SIGSTOP): a laptop that sleeps. It goes on from where it was. */
  suspend(ms: number): Promise<void>;
  /** SIGTERM, and waits for its end: a deploy. */
  end(): Promise<void>;
}

export interface Bed {
  readonly folder: string;
  /** Null on the embedded store. */
  readonly postgres: Postgres | null;
  readonly host: HostUnderTest;
  /** On PostgreSQL a host beside the first; on the embedded store, which has one opener, one for when that has ended. */
  readonly otherHost: HostUnderTest;
  /** Where operators and hosts meet on the second link; null on the first. */
  readonly hub: HubUnderTest | null;
  /** Between the readers and their host. */
  readonly readerProxy: ChaosProxy;
  /** A workspace of its own for each operator: a turn is then certain to come to that one. */
  makeWorkspace(name: string): Promise<Workspace>;
  /** `signalbox …`, with `--json`. */
  administer(...args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface Workspace {
  readonly id: string;
  readonly key: string;
  /** Straight to the first host, past every proxy. */
  readonly client: ServiceClient;
}

export interface BedOptions {
  isPostgres: boolean;
  link: LinkName;
  seed: number;
  /** A cluster of its own, which can be killed. */
  isCluster?: boolean;
}

const SECRET = "a secret of the chaos suite that has more than thirty-two characters";
const Made = z.object({ id: z.string() });
const MadeKey = z.object({ key: z.string() });

export async function makeBed(options: BedOptions): Promise<Bed> {
  if (!existsSync(join(ROOT, "apps/web/.next/BUILD_ID"))) {
    throw new ChaosError("Chaos strikes what is built, and nothing is: run `npm start` or `pnpm verify` once.");
  }
  const made = new AsyncDisposableStack();
  try {
    return await makeIn(made, options);
  } catch (error) {
    await made.disposeAsync();
    throw error;
  }
}

/** What has to go again is put on the stack as soon as it is there. */
async function makeIn(made: AsyncDisposableStack, options: BedOptions): Promise<Bed> {
  const { isPostgres, link, seed, isCluster = false } = options;
  const folder = mkdtempSync(join(tmpdir(), "signalbox-chaos-"));
  made.defer(() => rmSync(folder, { recursive: true, force: true }));
  const store = isPostgres ? await startPostgres({ isCluster }) : null;
  made.defer(() => store?.drop());
  const port = await freePort();
  const hub =
    link === "pubsub" ? await makeHub({ hostUrl: `http://127.0.0.1:${port}`, logFile: join(folder, "hub.log") }) : null;
  made.defer(() => hub?.close());
  const environmentOf = (name: string, at: number): Record<string, string> => ({
    PORT: String(at),
    SIGNALBOX_DATA_DIR: join(folder, store ? name : "data"),
    SIGNALBOX_DEMO: "0",
    SIGNALBOX_DRAIN_SECONDS: "0",
    SIGNALBOX_MAX_STREAMS_PER_PERSON: "1000",
    ...(store ? { DATABASE_URL: store.url, SIGNALBOX_SECRET: SECRET } : {}),
    ...hub?.hostEnvironment,
  });
  const environment = environmentOf("host", port);
  const host = createHostUnderTest(environment, join(folder, "host.log"));
  const otherHost = createHostUnderTest(environmentOf("other-host", await freePort()), join(folder, "other-host.log"));
  made.defer(() => host.kill());
  made.defer(() => otherHost.kill());
  await host.start();
  await hub?.start();

  const administer = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await runNode(join(ROOT, "tooling/cli/src/main.ts"), [...args, "--json"], environment));
  const readerProxy = await startChaosProxy(host.url, seed);
  made.defer(() => readerProxy.close());
  return {
    folder,
    postgres: store,
    host,
    otherHost,
    hub,
    readerProxy,
    async makeWorkspace(name) {
      const { id } = Made.parse(await administer("workspace", "create", "--name", name));
      const { key } = MadeKey.parse(await administer("key", "create", "--workspace", id, "--name", name));
      return { id, key, client: createServiceClient({ url: host.url, apiKey: key }) };
    },
    administer,
    close: () => made.disposeAsync(),
  };
}

function createHostUnderTest(environment: Record<string, string>, logFile: string): HostUnderTest {
  const url = `http://127.0.0.1:${environment["PORT"]}`;
  mkdirSync(environment["SIGNALBOX_DATA_DIR"] ?? "", { recursive: true });
  let running: ManagedProcess | null = null;
  const isUp = (): boolean => running?.isRunning() ?? false;
  return {
    url,
    isUp,
    async start() {
      const started = startNode({ entry: join(ROOT, "apps/web/server.ts"), environment, logFile });
      running = started;
      await until(`the host of ${logFile} is ready`, async () => {
        if (!started.isRunning()) throw new ChaosError(`The host ended at its start: see ${logFile}.`);
        const response = await fetch(`${url}/api/ready`).catch(() => null);
        await response?.body?.cancel();
        return response?.status === 200;
      });
    },
    async kill() {
      await running?.kill();
    },
    async suspend(ms) {
      running?.signal("SIGSTOP");
      try {
        await passTime(ms);
      } finally {
        running?.signal("SIGCONT");
      }
    },
    async end() {
      running?.signal("SIGTERM");
      await running?.exited;
    },
  };
}
