/** A host whose streams of signals keep their periods in milliseconds instead of seconds, behind real HTTP. */
import { createBroadcast, type BroadcastOptions } from "../src/signals/broadcast.ts";
import { serveHost, type HttpHost } from "./http-host.ts";
import type { TestHost } from "./test-host.ts";

export type Pace = Pick<BroadcastOptions, "sweepMs" | "stallMs" | "closingGraceMs">;

export async function serveFast(test: TestHost, pace: Pace): Promise<HttpHost> {
  const errors: unknown[] = [];
  const broadcast = createBroadcast({ signals: test.host.signals, onError: (error) => errors.push(error), ...pace });
  const http = await serveHost({ ...test, host: { ...test.host, broadcast } });
  return {
    ...http,
    async close() {
      broadcast.stop();
      await http.close();
      if (errors.length > 0) throw new AggregateError(errors, "A broadcast met errors");
    },
  };
}
