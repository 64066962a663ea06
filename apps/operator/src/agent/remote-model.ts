/** A model behind an OpenAI-compatible endpoint, and what its rate limits say: the AI SDK waits them out silently. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { ModelConfig } from "../config.ts";

export interface RateLimitNews {
  state: "hit" | "lifted";
  provider: string;
  status?: number;
  retryAfterMs?: number;
}

/** Too many requests, and Anthropic's "overloaded". */
const LIMIT_STATUSES = new Set([429, 529]);

export function createRemoteModel(config: ModelConfig, onRateLimit: (news: RateLimitNews) => void): LanguageModelV4 {
  const provider = new URL(config.baseUrl).host;
  let isLimited = false;
  return createOpenAICompatible({
    name: "model",
    baseURL: config.baseUrl,
    ...(config.apiKey ? { apiKey: config.apiKey } : {}),
    includeUsage: true,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (LIMIT_STATUSES.has(response.status)) {
        isLimited = true;
        const retryAfterMs = readRetryAfter(response.headers);
        onRateLimit({
          state: "hit",
          provider,
          status: response.status,
          ...(retryAfterMs === null ? {} : { retryAfterMs }),
        });
      } else if (isLimited && response.ok) {
        isLimited = false;
        onRateLimit({ state: "lifted", provider });
      }
      return response;
    },
  })(config.name);
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or the finer `retry-after-ms`. */
export function readRetryAfter(headers: Headers): number | null {
  const milliseconds = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const value = headers.get("retry-after");
  if (value === null) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
