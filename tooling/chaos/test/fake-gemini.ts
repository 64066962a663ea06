/**
 * The part of Google's Gemini API that an agent needs, on loopback: `generateContent`, streamed or not. A prompt is answered
 * with a call of a tool, its result with the next one, the last result with words. It notes what it was asked, with which key,
 * and what came of the calls.
 * Shapes: https://ai.google.dev/api/generate-content.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Part = z.looseObject({ functionResponse: z.looseObject({ name: z.string() }).optional() });
const Request = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(Part) })),
  tools: z.array(z.unknown()).optional(),
});

export interface FakeGemini {
  url: string;
  /** Of each request: its path and the key that it carried. */
  requests: { path: string; key: string | null }[];
  /** Of each tool that was called, in their order: its result as the agent gave it, as JSON. */
  results: string[];
  close(): Promise<void>;
}

export interface Script {
  /** The tools that the model calls one after the other, by the agent's names for them. */
  calls: readonly { name: string; args: object }[];
  /** What it says when it has the last result, in pieces. */
  words: readonly string[];
}

export async function startFakeGemini({ calls, words }: Script): Promise<FakeGemini> {
  const requests: FakeGemini["requests"] = [];
  const results: string[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const key = request.headers["x-goog-api-key"];
    requests.push({ path: url.pathname, key: typeof key === "string" ? key : url.searchParams.get("key") });
    const body = await readBody(request);
    if (url.pathname.endsWith(":countTokens")) return sendJson(response, { totalTokens: 10 });
    const parsed = Request.safeParse(body).data;
    const given = (parsed?.contents ?? []).flatMap(({ parts }) =>
      parts.flatMap(({ functionResponse }) => (functionResponse ? [JSON.stringify(functionResponse)] : [])),
    );
    if (given.length > results.length) results.push(...given.slice(results.length));
    const call = calls[given.length];
    // The agent also asks how hard the prompt is, to choose a model by it; such requests offer no tools.
    const answers = !parsed?.tools?.length
      ? [candidate([{ text: JSON.stringify(EASY) }], true)]
      : call
        ? [candidate([{ functionCall: call }], true)]
        : words.map((text, index) => candidate([{ text }], index === words.length - 1));
    if (!url.pathname.endsWith(":streamGenerateContent")) return sendJson(response, answers[0] ?? {});
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const one of answers) response.write(`data: ${JSON.stringify(one)}\n\n`);
    response.end();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    results,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Says it to either of the agent's two ways of asking. Anything else makes it ask again, for a minute and more. */
const EASY = { reasoning: "easy", model_choice: "flash", complexity_reasoning: "easy", complexity_score: 1 };

function candidate(parts: object[], isLast: boolean): object {
  return {
    candidates: [{ index: 0, content: { role: "model", parts }, ...(isLast ? { finishReason: "STOP" } : {}) }],
    usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 },
    modelVersion: "fake-gemini",
  };
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    return null;
  }
}
