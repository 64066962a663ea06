/** The product's host for tests: its services on a real store, and the operators' two links, behind real HTTP. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createOperatorChannel } from "@signalbox/server/api/operator-channel";
import { readConfig, type Config } from "@signalbox/server/config";
import { createHost, type Host } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { openStore } from "@signalbox/server/store/open-store";
import { readEntries } from "@signalbox/server/turns/turn-log";

export interface RealHost {
  url: string;
  services: Host;
  /** Resets every connection; the host goes on. */
  cutAll(): void;
  /** Nothing listens, every connection is reset, the store is closed. Another one on the same folder and port is a restart. */
  stop(): Promise<void>;
}

export interface RealHostOptions {
  /** For the store, unless there is a `databaseUrl`. */
  folder: string;
  port: number;
  databaseUrl?: string;
  /** The Web PubSub service to use, made once it is known where this host is. */
  webPubSub?(url: string): Promise<Config["webPubSub"]>;
}

export async function startRealHost({ folder, port, databaseUrl, webPubSub }: RealHostOptions): Promise<RealHost> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secret = "a secret for tests that has more than thirty-two characters";
  const config = {
    ...readConfig(folder, {
      SIGNALBOX_DATA_DIR: folder,
      SIGNALBOX_SECRET: secret,
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    }),
    drainSeconds: 0,
    webPubSub: (await webPubSub?.(url)) ?? null,
  };
  const services = await createHost({ config, store: await openStore(config), logger: createLogger("silent") });
  const channel = createOperatorChannel(services);
  server.on("request", (req, res) => {
    if (req.url?.startsWith("/__/operator/")) void channel.request(req, res);
    else res.writeHead(404).end();
  });
  server.on("upgrade", (req, socket, head) => void channel.upgrade(req, socket, head));
  function cutAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }
  return {
    url,
    services,
    cutAll,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cutAll();
      await closed;
      await services.close();
    },
  };
}

/** A workspace with an owner, an operator's token, and a chat to talk in. */
export async function furnish(services: Host) {
  const { id: workspaceId } = await services.workspaces.create("Team");
  const email = `${randomUUID()}@example.com`;
  const { id: personId } = await services.workspaces.addMember({ workspaceId, email, role: "owner", name: "Owner" });
  const { id: operatorId, token } = await services.operators.enroll({ workspaceId, name: "Operator" });
  const scopeOn = (host: Host) =>
    host.access.forWorkspace({ kind: "person", personId, name: "Owner", email, sessionId: "" }, workspaceId);
  return {
    workspaceId,
    operatorId,
    token,
    /** The owner's scope, on this host or on another one of the same store. */
    scopeOn,
    /** Starts a turn in a chat of its own. */
    async startTurn(host: Host, prompt: string, profileId?: string): Promise<string> {
      const scope = await scopeOn(host);
      const plan = await host.plans.create(scope, { title: "Plan" });
      const chat = await host.chats.create(scope, plan.id);
      return (await host.turns.start(scope, { chatId: chat.id, prompt, profileId })).turnId;
    },
    async status(host: Host): Promise<string> {
      return (await host.operators.get(await scopeOn(host), operatorId)).status;
    },
  };
}

export type Furniture = Awaited<ReturnType<typeof furnish>>;

export function entriesOf(services: Host, turnId: string) {
  return services.store.system((tx) => readEntries(tx, turnId));
}
