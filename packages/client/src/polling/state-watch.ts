import { readRetryAfter } from "../streams/retry-after.ts";
import { refusalOf } from "../streams/stream-refused.ts";
import type { PollClientOptions } from "./poll-client.ts";

/** Asks whether an answer of the host is another one than the last time, by its entity tag: most often the answer is 304. */
export interface StateWatch {
  /** True for the first answer too: nobody knows what is shown. Throws `StreamRefused`. */
  hasChanged(address: string, signal: AbortSignal): Promise<boolean>;
}

/** Addresses whose tag is remembered; the one that was asked for the longest ago is forgotten. */
const REMEMBERED = 32;

export function createStateWatch({ url, fetch: send, headers }: PollClientOptions): StateWatch {
  const tags = new Map<string, string>();
  return {
    async hasChanged(address, signal) {
      const known = tags.get(address);
      const response = await send(url + address, {
        headers: { ...headers(), accept: "application/json", ...(known !== undefined && { "if-none-match": known }) },
        cache: "no-store",
        credentials: "same-origin",
        signal,
      });
      // What has changed is read by whoever shows it, in the way that they always do.
      void response.body?.cancel().catch(() => undefined);
      if (response.status === 304) return false;
      if (response.status !== 200)
        throw refusalOf(response, readRetryAfter(response.headers.get("retry-after"), Date.now()));
      tags.delete(address);
      const tag = response.headers.get("etag");
      if (tag !== null) tags.set(address, tag);
      const [oldest] = tags.keys();
      if (tags.size > REMEMBERED && oldest !== undefined) tags.delete(oldest);
      return tag === null || tag !== known;
    },
  };
}
