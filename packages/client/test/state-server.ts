/** One answer over real HTTP, tagged with its own text; it notes what it was asked. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface StateServer {
  url: string;
  body: string;
  status: number;
  asked: IncomingHttpHeaders[];
  close(): void;
}

export async function startStateServer(): Promise<StateServer> {
  const server = createServer((request, response) => {
    host.asked.push(request.headers);
    const etag = `"${host.body}"`;
    if (host.status !== 200) response.writeHead(host.status, { "retry-after": "7" }).end();
    else if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
    else response.writeHead(200, { etag }).end(host.body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const host: StateServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    body: "a",
    status: 200,
    asked: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return host;
}
