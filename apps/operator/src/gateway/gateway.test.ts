import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TurnEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../test/until.ts";
import { openGateway, type Gateway } from "./gateway.ts";
import type { GatewayApi } from "./gateway-settings.ts";

interface Seen {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

interface Scene {
  gateway: Gateway;
  entries: TurnEntry[];
  seen: Seen[];
}

/** A provider on loopback that answers as the test says, and a gateway before it. */
async function play(
  answer: (response: ServerResponse, count: number) => void,
  { api = "openai", path = "", key = "the-real-key" }: { api?: GatewayApi; path?: string; key?: string | null } = {},
): Promise<Scene> {
  const seen: Seen[] = [];
  const provider = createServer(async (incoming, response) => {
    let body = "";
    for await (const chunk of incoming) body += String(chunk);
    seen.push({ path: incoming.url ?? "", headers: incoming.headers, body });
    answer(response, seen.length);
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}${path}`;
  const entries: TurnEntry[] = [];
  const gateway = await openGateway({
    upstream: { api, baseUrl, key },
    report: (entry) => entries.push(TurnEntry.parse(entry)),
  });
  onTestFinished(() => {
    gateway.close();
    provider.closeAllConnections();
    provider.close();
  });
  return { gateway, entries, seen };
}

function json(response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

test.each([
  ["openai", (token: string) => ({ authorization: `Bearer ${token}` }), "authorization", "Bearer the-real-key"],
  ["anthropic", (token: string) => ({ "x-api-key": token }), "x-api-key", "the-real-key"],
  ["anthropic", (token: string) => ({ authorization: `Bearer ${token}` }), "x-api-key", "the-real-key"],
  ["gemini", (token: string) => ({ "x-goog-api-key": token }), "x-goog-api-key", "the-real-key"],
] as const)(
  "a request to %s gets the real key in place of the run's token, and goes through as it is",
  async (api, credentials, header, value) => {
    const { gateway, seen } = await play((response) => json(response, { ok: true }, 201, { "x-request-id": "r1" }), {
      api,
    });
    const answer = await fetch(`${gateway.url}/v1/things?a=1`, {
      method: "POST",
      headers: { ...credentials(gateway.token), "x-own": "kept" },
      body: "the body",
    });
    expect([answer.status, answer.headers.get("x-request-id"), await answer.json()]).toEqual([201, "r1", { ok: true }]);
    expect(seen[0]).toMatchObject({
      path: "/v1/things?a=1",
      body: "the body",
      headers: { [header]: value, "x-own": "kept" },
    });
    expect(JSON.stringify(seen[0])).not.toContain(gateway.token);
  },
);

test("a token in the address is taken out of it", async () => {
  const { gateway, seen } = await play((response) => json(response, {}), { api: "gemini" });
  await fetch(`${gateway.url}/v1beta/models?key=${gateway.token}&alt=sse`);
  expect(seen[0]?.path).toBe("/v1beta/models?alt=sse");
});

test.each([
  ["none", {}],
  ["another", bearing("sbx_run_another")],
  ["an empty one", { "x-api-key": "" }],
])("a request with %s token goes nowhere", async (_what, headers) => {
  const { gateway, seen } = await play((response) => json(response, {}));
  expect((await fetch(`${gateway.url}/v1/models`, { headers })).status).toBe(401);
  expect(seen).toEqual([]);
});

test("without a key the request is refused, and says so", async () => {
  const { gateway, seen } = await play((response) => json(response, {}), { key: null });
  const answer = await fetch(`${gateway.url}/v1/models`, { headers: bearing(gateway.token) });
  expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining("no key")]);
  expect(seen).toEqual([]);
});

test.each([
  "/../admin",
  "/%2e%2e/admin",
  "/v1/../../admin",
  "//127.0.0.1:1/",
  "http://127.0.0.1:1/x",
  "/\\..\\..\\admin",
])("the path %s does not lead out of the upstream's own", async (path) => {
  const { gateway, seen } = await play((response) => json(response, {}), { path: "/tenant/v1" });
  const { hostname, port } = new URL(gateway.url);
  // By hand: fetch would resolve the dots itself.
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request({ host: hostname, port, path, headers: bearing(gateway.token) }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
  expect([status, seen.filter((one) => !one.path.startsWith("/tenant/v1/"))]).toEqual([status, []]);
  if (seen.length === 0) expect(status).toBe(400);
});

test("a stream goes through piece by piece, and its usage is told when it is over", async () => {
  let goOn = (): void => {};
  const { gateway, entries } = await play(
    (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(
        `event: message_start\ndata: {"type":"message_start","message":{"model":"claude-x","usage":{"input_tokens":10,"cache_read_input_tokens":30,"output_tokens":1}}}\n\n`,
      );
      goOn = () => {
        response.write('data: {"type":"message_delta","usa');
        response.end('ge":{"output_tokens":25}}\n\n');
      };
    },
    { api: "anthropic" },
  );
  const answer = await fetch(`${gateway.url}/v1/messages`, { headers: bearing(gateway.token) });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  // The first piece is here while the provider still holds the second.
  expect((await reader?.read())?.value).toContain("message_start");
  expect(entries).toEqual([]);
  goOn();
  let rest = "";
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) rest += read.value;
  expect(rest).toContain('"output_tokens":25');
  await until("the usage is told", () => entries.length > 0);
  expect(entries).toEqual([
    {
      kind: "usage",
      scope: "step",
      provider: expect.any(String),
      model: "claude-x",
      inputTokens: 40,
      outputTokens: 25,
      totalTokens: 65,
      cachedReadTokens: 30,
    },
  ]);
});

test.each<[string, string, unknown, object]>([
  [
    "OpenAI's chat",
    "application/json",
    {
      model: "gpt-x",
      usage: {
        prompt_tokens: 9,
        completion_tokens: 4,
        prompt_tokens_details: { cached_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
    },
    { model: "gpt-x", inputTokens: 9, outputTokens: 4, totalTokens: 13, cachedReadTokens: 5, thoughtTokens: 2 },
  ],
  [
    "OpenAI's responses, in a stream",
    "text/event-stream",
    {
      type: "response.completed",
      response: {
        model: "gpt-y",
        usage: {
          input_tokens: 7,
          output_tokens: 3,
          input_tokens_details: { cached_tokens: 1 },
          output_tokens_details: { reasoning_tokens: 1 },
        },
      },
    },
    { model: "gpt-y", inputTokens: 7, outputTokens: 3, totalTokens: 10, cachedReadTokens: 1, thoughtTokens: 1 },
  ],
  [
    "Gemini's, as an array",
    "application/json; charset=utf-8",
    [
      { usageMetadata: { promptTokenCount: 5 } },
      {
        modelVersion: "gemini-x",
        usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 3 },
      },
    ],
    { model: "gemini-x", inputTokens: 5, outputTokens: 5, totalTokens: 10, thoughtTokens: 3 },
  ],
])("the usage of %s is read", async (_what, type, value, expected) => {
  const { gateway, entries } = await play((response) => {
    response.writeHead(200, { "content-type": type });
    response.end(
      type === "text/event-stream" ? `data: ${JSON.stringify(value)}\n\ndata: [DONE]\n\n` : JSON.stringify(value),
    );
  });
  await (await fetch(`${gateway.url}/v1/x`, { headers: bearing(gateway.token) })).text();
  await until("the usage is told", () => entries.length > 0);
  expect(entries).toEqual([
    { kind: "usage", scope: "step", provider: expect.stringMatching(/^127\.0\.0\.1:\d+$/), ...expected },
  ]);
});

test("a limit is told when it is hit, with its wait, and when the provider takes requests again, once", async () => {
  const { gateway, entries } = await play((response, count) => {
    if (count <= 2) json(response, {}, count === 1 ? 429 : 529, { "retry-after": "2" });
    else json(response, { fine: true });
  });
  const ask = () => fetch(`${gateway.url}/v1/x`, { headers: bearing(gateway.token) });
  const statuses = [];
  for (let asked = 0; asked < 4; asked++) statuses.push((await ask()).status);
  expect(statuses).toEqual([429, 529, 200, 200]);
  expect(entries).toMatchObject([
    { kind: "rate-limit", state: "hit", status: 429, retryAfterMs: 2_000 },
    { kind: "rate-limit", state: "hit", status: 529 },
    { kind: "rate-limit", state: "lifted" },
  ]);
});

test("a limit is of the model that was asked for, and no other model's success is its end", async () => {
  const { gateway, entries, seen } = await play((response) => {
    const { path, body } = seen.at(-1) ?? { path: "", body: "" };
    const isLarge = path.includes("large") || /"model": ?"large"/.test(body);
    json(response, {}, isLarge && seen.length < 5 ? 429 : 200);
  });
  const ask = async (path: string, body: string): Promise<number> => {
    const headers = { ...bearing(gateway.token), "content-type": "application/json" };
    return (await fetch(gateway.url + path, { method: "POST", headers, body })).status;
  };
  const prompt = [{ role: "user", content: 'I said "model": "small", did I not?' }];
  const bodyOf = (model: string) => JSON.stringify({ messages: prompt, model });
  expect(await ask("/v1/chat", bodyOf("large"))).toBe(429);
  expect(await ask("/v1/chat", bodyOf("small"))).toBe(200);
  expect(await ask("/v1beta/models/gemini-large:streamGenerateContent?alt=sse", "{}")).toBe(429);
  expect(await ask("/v1/chat", "no model here")).toBe(200);
  expect(await ask("/v1beta/models/gemini-large:generateContent", "{}")).toBe(200);
  expect(await ask("/v1/chat", bodyOf("large"))).toBe(200);
  expect(entries.map((entry) => entry.kind === "rate-limit" && [entry.state, entry.model])).toEqual([
    ["hit", "large"],
    ["hit", "gemini-large"],
    ["lifted", "gemini-large"],
    ["lifted", "large"],
  ]);
});

test("an agent that gives up on its request ends it at the provider too, and what was used is told", async () => {
  let isGone = false;
  const { gateway, entries } = await play((response) => {
    response.on("close", () => {
      isGone = true;
    });
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"model":"m","usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n');
  });
  const giveUp = new AbortController();
  const answer = await fetch(`${gateway.url}/v1/x`, { headers: bearing(gateway.token), signal: giveUp.signal });
  await answer.body?.getReader().read();
  giveUp.abort();
  await until("the provider's request is gone", () => isGone);
  await until("the usage is told", () => entries.length === 1);
});

test("a provider that can't be reached is answered with 502, and a closed gateway with nothing", async () => {
  const { gateway } = await play(() => {});
  const nowhere = await openGateway({
    upstream: { api: "openai", baseUrl: "http://127.0.0.1:9", key: "k" },
    report: () => {},
  });
  const answer = await fetch(`${nowhere.url}/v1/x`, { headers: bearing(nowhere.token) });
  expect(answer.status).toBe(502);
  nowhere.close();
  gateway.close();
  await expect(fetch(`${gateway.url}/v1/x`, { headers: bearing(gateway.token) })).rejects.toThrow(/fetch failed/);
});
