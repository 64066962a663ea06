/** The product's own host in this process, behind real HTTP: what a test of both sides of the wire talks to. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handleStream } from "@signalbox/server/api/stream-endpoint";
import { readConfig } from "@signalbox/server/config";
import { createHost, type Host } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { openEmbeddedStore } from "@signalbox/server/store/open-store";

export interface ProductHost {
  url: string;
  host: Host;
  workspaceId: string;
  /** A member's key. */
  key: string;
  close(): Promise<void>;
}

/** One workspace and one key of it; streams alone are served. */
export async function startProductHost(): Promise<ProductHost> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-client-host-"));
  const config = readConfig(folder, { SIGNALBOX_DATA_DIR: folder });
  const host = await createHost({ config, store: await openEmbeddedStore(folder), logger: createLogger("silent") });
  const server = createServer((req, res) => void handleStream(host, req, res));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { id: workspaceId } = await host.workspaces.create("Team");
  const { key } = await host.workspaces.createKey({ workspaceId, name: "client", role: "member" });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    host,
    workspaceId,
    key,
    async close() {
      server.closeAllConnections();
      server.close();
      await host.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
