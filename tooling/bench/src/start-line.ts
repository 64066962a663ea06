/** The moment at which all streams of a workload are open: the load generator POSTs here, and the load starts. */
import { once } from "node:events";
import { createServer } from "node:http";

export interface StartLine<T> {
  url: string;
  /** What the load answered. Rejects as it did; waits for ever when the start never came: read it after the generator. */
  finished: Promise<T>;
  close(): Promise<void>;
}

export async function drawStartLine<T>(run: () => Promise<T>): Promise<StartLine<T>> {
  let resolveFinished = (_: Promise<T>): void => {};
  const finished = new Promise<T>((resolve) => {
    resolveFinished = resolve;
  });
  finished.catch(() => {});
  const server = createServer((_req, res) => {
    res.end();
    resolveFinished(run());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port.");
  return {
    url: `http://127.0.0.1:${address.port}/start`,
    finished,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
