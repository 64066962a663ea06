/** Where the Web PubSub service is and which keys it signs with, out of the connection string that its portal shows. */

export interface WebPubSubSettings {
  /** Its origin, without a trailing slash. */
  endpoint: string;
  /** The first one signs what we send. What any of them signed is believed: that is how a key is replaced. */
  keys: readonly [string, ...string[]];
  /** The service's hub: a name of ours in an instance that others may use too. */
  hub: string;
}

/** `Endpoint=https://…;AccessKey=…;Version=1.0;`. Null for what is none. */
export function parseConnectionString(text: string): { endpoint: string; key: string } | null {
  const parts = new Map(
    text.split(";").flatMap((part): [string, string][] => {
      const at = part.indexOf("=");
      return at < 1 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()]];
    }),
  );
  const endpoint = URL.parse(parts.get("endpoint") ?? "");
  const key = parts.get("accesskey");
  if (!endpoint || !/^https?:$/.test(endpoint.protocol) || endpoint.pathname !== "/" || !key) return null;
  return { endpoint: endpoint.origin, key };
}
