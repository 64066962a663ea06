/**
 * An OpenAI-compatible endpoint on loopback that streams what a test has scripted, one script per request, and notes
 * what it was asked.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type ModelAnswer =
  | { type: "text"; text: string }
  | { type: "tool"; name: string; input: unknown }
  | { type: "refuse"; status: number; retryAfterSeconds?: number }
  /** Streams a word and then nothing more. */
  | { type: "hang" };

export interface FakeModelServer {
  baseUrl: string;
  requests: { authorization: string | undefined; body: { model?: string; messages?: unknown[] } }[];
}

export async function startFakeModel(answers: ModelAnswer[]): Promise<FakeModelServer> {
  const requests: FakeModelServer["requests"] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    requests.push({ authorization: request.headers.authorization, body: JSON.parse(body) as { model?: string } });
    const answer = answers[requests.length - 1] ?? { type: "text", text: "Nothing more is scripted." };
    if (answer.type === "refuse") {
      const retryAfter =
        answer.retryAfterSeconds === undefined ? {} : { "retry-after": String(answer.retryAfterSeconds) };
      response.writeHead(answer.status, { "content-type": "application/json", ...retryAfter });
      response.end(JSON.stringify({ error: { message: "slow down", type: "rate_limit" } }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    stream(response, answer, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests };
}

function stream(response: ServerResponse, answer: Exclude<ModelAnswer, { type: "refuse" }>, count: number): void {
  const send = (delta: unknown, finish: string | null = null, rest: object = {}): void => {
    const chunk = { id: `chunk-${count}`, object: "chat.completion.chunk", created: 1, model: "fake-model" };
    response.write(
      `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, finish_reason: finish }], ...rest })}\n\n`,
    );
  };
  send({ role: "assistant", content: "" });
  if (answer.type === "hang") return send({ content: "Thinking " });
  if (answer.type === "text") for (const word of answer.text.match(/\S+\s*/g) ?? []) send({ content: word });
  else {
    const call = { index: 0, id: `call_${count}`, type: "function", function: { name: answer.name, arguments: "" } };
    send({ tool_calls: [call] });
    for (const part of JSON.stringify(answer.input).match(/.{1,12}/gs) ?? []) {
      send({ tool_calls: [{ index: 0, function: { arguments: part } }] });
    }
  }
  send({}, answer.type === "text" ? "stop" : "tool_calls", {
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  });
  response.end("data: [DONE]\n\n");
}
