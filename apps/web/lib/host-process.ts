/** Starting and ending the host process, in order: store, services, port, demo; and back. */
import { ConfigError, readConfig, silenceNext, type Config } from "@signalbox/server/config";
import { createOperatorChannel } from "@signalbox/server/api/operator-channel";
import { listenForAdmin } from "@signalbox/server/admin-socket";
import { seedDemo } from "@signalbox/server/demo";
import { adoptDemoOperator, startDemoOperator, type DemoOperator } from "@signalbox/server/demo-operator";
import { firstOwnerLink } from "@signalbox/server/first-owner";
import { createHost, type Host } from "@signalbox/server/host";
import { installHost } from "@signalbox/server/host-slot";
import { createLogger } from "@signalbox/server/logger";
import { DiskFullError } from "@signalbox/server/store/disk-space";
import { StoreLockedError } from "@signalbox/server/store/folder-lock";
import { openStore } from "@signalbox/server/store/open-store";
import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import next from "next";
import { handleRequest } from "./handle-request.ts";

const WEB = join(import.meta.dirname, "..");
const ROOT = join(WEB, "../..");
/** After the drain window: closing the store and the port takes well under this, and a hang must not keep the port. */
const CLOSING_MARGIN_MS = 1_500;

export async function startHostProcess({ isDev }: { isDev: boolean }): Promise<void> {
  const say = claimStdout();
  const config = configOrExit();
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const logger = createLogger(isDev ? "debug" : "info");
  const onFull = (isFull: boolean) =>
    isFull
      ? logger.error({ folder: config.dataDir }, "the disk is full: the store takes no writes until there is room")
      : logger.warn({ folder: config.dataDir }, "there is room on the disk again: the store takes writes");
  const store = await openStore(config, { onFull }).catch((error: unknown) =>
    exitWithLine(describeStoreError(error, config)),
  );
  const host = await createHost({ config, store, logger });
  installHost(host);

  silenceNext();
  const app = next({
    dev: isDev,
    dir: WEB,
    customServer: true,
    hostname: config.hostname,
    port: config.port,
    quiet: true,
  });
  await app.prepare();
  const serveNext = app.getRequestHandler();
  const upgradeNext = app.getUpgradeHandler();
  const channel = createOperatorChannel(host);

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 }, (req, res) => {
    void handleRequest({ host, channel, serveNext }, req, res);
  });
  server.on("upgrade", (req, socket, head) => {
    if (req.url?.split("?")[0] === "/__/operator") void channel.upgrade(req, socket, head);
    else if (isDev) void upgradeNext(req, socket, head);
    else socket.destroy();
  });
  await listen(server, config);
  writeFileSync(join(config.dataDir, "host.pid"), String(process.pid));
  const admin = await listenForAdmin(host);
  const { operator, link } = await startDemoOrFirstOwner(host);

  endOnSignals(async () => {
    const drained = host.admission.drain(config.drainSeconds * 1_000);
    const closed = channel.close();
    operator?.stop();
    await Promise.all([drained, closed]);
    server.close();
    server.closeAllConnections();
    await admin.close();
    await app.close().catch(() => {});
    await host.close();
    removePid(config);
  }, config);

  say(`Signalbox ready: ${config.url}\n`);
  if (link) say(`Sign in: ${link}\n`);
}

/** Stdout is for the lines that scripts read; what libraries print there goes to stderr. */
function claimStdout(): (text: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return (text) => void write(text);
}

function configOrExit(): Config {
  try {
    return readConfig(ROOT);
  } catch (error) {
    if (error instanceof ConfigError) exitWithLine(error.message);
    throw error;
  }
}

/** Demo: its workspace, its operator and a link for its owner. Otherwise a link for the first owner while there is no member. */
async function startDemoOrFirstOwner(host: Host): Promise<{ operator: DemoOperator | null; link: string | null }> {
  const adopted = adoptDemoOperator(host.config.dataDir);
  if (host.config.isDemo) {
    const ownerId = await seedDemo(host);
    if (!ownerId) return { operator: adopted, link: null };
    const [workspace] = await host.workspaces.list({
      kind: "person",
      personId: ownerId,
      name: "",
      email: "",
      sessionId: "",
    });
    const operator = workspace
      ? await startDemoOperator(host, { workspaceId: workspace.id, entry: join(ROOT, "apps/operator/src/main.ts") })
      : adopted;
    return { operator, link: await host.links.create(ownerId) };
  }
  return { operator: adopted, link: await firstOwnerLink(host) };
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") {
        exitWithLine(`PORT must be a free port: ${config.port} on ${config.hostname} is in use.`);
      }
      exitWithLine(`SIGNALBOX_HOST must be an address of this machine: ${error.message}.`);
    });
    server.listen(config.port, config.hostname, () => resolve());
  });
}

function endOnSignals(close: () => Promise<void>, config: Config): void {
  let isEnding = false;
  const end = () => {
    if (isEnding) process.exit(0);
    isEnding = true;
    // Whatever hangs, the port and the folder are free in time.
    setTimeout(
      () => {
        removePid(config);
        process.exit(0);
      },
      config.drainSeconds * 1_000 + CLOSING_MARGIN_MS,
    );
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}

function removePid({ dataDir }: Config): void {
  try {
    unlinkSync(join(dataDir, "host.pid"));
  } catch {
    // Another process of this folder has removed it.
  }
}

function describeStoreError(error: unknown, config: Config): string {
  if (error instanceof StoreLockedError || error instanceof DiskFullError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return config.databaseUrl
    ? `DATABASE_URL must be a PostgreSQL that answers: ${reason}.`
    : `SIGNALBOX_DATA_DIR must be a folder with a whole store: ${reason}.`;
}

function exitWithLine(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
