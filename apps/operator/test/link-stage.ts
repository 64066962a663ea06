/** A host that operators reach over one of the two links, and an operator of the test's own on it. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startHub, type Hub } from "@signalbox/web-pubsub-hub/hub";
import { WebSocket } from "ws";
import { startOperator, type OperatorProcess } from "./operator-process.ts";
import { entriesOf, furnish, startRealHost, type Furniture, type RealHost } from "./real-host.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const AGENT = fileURLToPath(new URL("./fake-agent.ts", import.meta.url));

/** A new embedded store is migrated from nothing: that takes its time on a busy machine. */
export const STORE_OPENS_MS = 120_000;

export const LINKS = ["websocket", "web-pubsub"] as const;
export type LinkName = (typeof LINKS)[number];

/** A host, and the service between it and its operators where the link has one. */
export interface Stage {
  host(): RealHost;
  hub: Hub | null;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function buildStage(link: LinkName): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-host-"));
  let hub: Hub | null = null;
  const webPubSub = async (url: string) => {
    hub ??= await startHub({ handlerUrl: `${url}/__/operator/events` });
    return { endpoint: hub.endpoint, keys: [hub.keys[0] ?? ""] as const, hub: "signalbox" };
  };
  const start = (port: number) => startRealHost({ folder, port, ...(link === "web-pubsub" ? { webPubSub } : {}) });
  let host = await start(0);
  const port = Number(new URL(host.url).port);
  return {
    host: () => host,
    hub,
    async restart() {
      await host.stop();
      host = await start(port);
    },
    async close() {
      await hub?.close();
      await host.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Scene extends Furniture {
  host(): RealHost;
  dir: string;
  operator(settings?: { token?: string; dir?: string; paceMs?: number }): OperatorProcess;
  isOnline(): Promise<boolean>;
  /** A connection like the operator's, without its manners. */
  dial(): Promise<WebSocket>;
}

/** A workspace and an operator of the test's own. */
export async function playOn(link: LinkName, { host }: Stage): Promise<Scene> {
  const { url } = host();
  const dir = temporaryFolder();
  const profiles = ["asks", "floods"].map((id) => ({ id, name: id, command: process.execPath, args: [AGENT, id] }));
  writeFileSync(join(dir, "profiles.json"), JSON.stringify(profiles));
  const furniture = await furnish(host().services);
  const env = { SIGNALBOX_OPERATOR_LINK: link };
  return {
    ...furniture,
    host,
    dir,
    operator: (settings = {}) => startOperator({ hostUrl: url, token: furniture.token, dir, ...settings, env }),
    isOnline: async () => (await furniture.status(host().services)) === "online",
    async dial() {
      const headers = { authorization: `Bearer ${furniture.token}` };
      const socket =
        link === "web-pubsub"
          ? new WebSocket(await wayIn(url, headers), "json.reliable.webpubsub.azure.v1")
          : new WebSocket(`${url.replace("http", "ws")}/__/operator`, { headers });
      socket.on("error", () => {});
      await once(socket, "open");
      return socket;
    },
  };
}

async function wayIn(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(`${url}/__/operator/negotiate`, { method: "POST", headers });
  return ((await response.json()) as { url: string }).url;
}

/** All entries of a turn, once it has ended. */
export async function untilEnded(host: () => RealHost, turnId: string) {
  return until(`${turnId} has ended on the host`, async () => {
    const entries = await entriesOf(host().services, turnId);
    return entries.at(-1)?.kind === "turn-end" ? entries : null;
  });
}
