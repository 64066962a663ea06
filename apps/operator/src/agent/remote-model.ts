/**
 * A model behind an OpenAI-compatible endpoint. Its rate limits are waited out here, aloud and within bounds: the AI SDK
 * does it silently, and asks again after two seconds where the provider says two minutes.
 */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, type LanguageModelV4 } from "@ai-sdk/provider";
import { setTimeout as delay } from "node:timers/promises";
import type { ModelConfig } from "../config.ts";
import { RATE_LIMIT_BACKOFF_MS, RATE_LIMIT_TRIES, RATE_LIMIT_WAIT_MAX_MS } from "../limits.ts";
import { readRetryAfter } from "../retry-after.ts";

export interface RateLimitNews {
  state: "hit" | "lifted";
  provider: string;
  model: string;
  status?: number;
  /** How long the provider asks to wait, or else the pause that is made. */
  retryAfterMs?: number;
}

/** Too many requests, and Anthropic's "overloaded". */
const LIMIT_STATUSES = new Set([429, 529]);

export function createRemoteModel(config: ModelConfig, onRateLimit: (news: RateLimitNews) => void): LanguageModelV4 {
  const about = { provider: config.provider, model: config.name };
  let isLimited = false;

  const send: typeof fetch = async (input, init) => {
    for (let tries = 1; ; tries += 1) {
      const response = await fetch(input, init);
      if (!LIMIT_STATUSES.has(response.status)) {
        if (isLimited && response.ok) {
          isLimited = false;
          onRateLimit({ state: "lifted", ...about });
        }
        return response;
      }
      isLimited = true;
      const retryAfterMs = readRetryAfter(response.headers) ?? RATE_LIMIT_BACKOFF_MS * 2 ** (tries - 1);
      onRateLimit({ state: "hit", ...about, status: response.status, retryAfterMs });
      if (tries >= RATE_LIMIT_TRIES || retryAfterMs > RATE_LIMIT_WAIT_MAX_MS)
        throw await refusal(response, retryAfterMs);
      await response.body?.cancel();
      await delay(retryAfterMs, undefined, init?.signal ? { signal: init.signal } : {});
    }
  };

  return createOpenAICompatible({
    name: "model",
    baseURL: config.baseUrl,
    ...(config.apiKey ? { apiKey: config.apiKey } : {}),
    includeUsage: true,
    fetch: send,
  })(config.name);
}

/** Not to be tried again by the SDK: it was, here. */
async function refusal(response: Response, retryAfterMs: number): Promise<APICallError> {
  await response.body?.cancel();
  return new APICallError({
    message: "The model's provider refused further requests for now.",
    url: response.url,
    requestBodyValues: {},
    statusCode: response.status,
    responseHeaders: { "retry-after-ms": String(retryAfterMs) },
    isRetryable: false,
  });
}
