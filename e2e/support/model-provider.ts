/** A model's provider on loopback, OpenAI-compatible: it answers in a sentence, or refuses while the test limits it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ModelProvider {
  baseUrl: string;
  /** As the agents name it. */
  name: string;
  /** `Retry-After` of the refusals, in seconds; null: it answers. */
  limitSeconds: number | null;
  requests: number;
  close(): void;
}

export async function startModelProvider(): Promise<ModelProvider> {
  const server = createServer((request, response) => {
    request.resume();
    provider.requests += 1;
    if (provider.limitSeconds !== null) {
      response.writeHead(429, { "content-type": "application/json", "retry-after": String(provider.limitSeconds) });
      response.end(JSON.stringify({ error: { message: "slow down", type: "rate_limit" } }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (delta: object, finish: string | null, rest: object = {}) => {
      const choices = [{ index: 0, delta, finish_reason: finish }];
      const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "test-model", choices, ...rest };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    send({ role: "assistant", content: "It is done." }, null);
    send({}, "stop", { usage: { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 } });
    response.end("data: [DONE]\n\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const provider: ModelProvider = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    name: `127.0.0.1:${port}`,
    limitSeconds: null,
    requests: 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return provider;
}
