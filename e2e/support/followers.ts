/** Many typed clients in one process outside of the workspace, each following the same workspace on its own connection. */
import type { Follower, OutsideProject } from "./outside-project.ts";

export interface Followers {
  /** The plans that each client was told of, in the order in which it was. */
  told(): string[][];
  /** When each client's stream last came up, as milliseconds since 1970; null for those that are down. */
  liveSince(): (number | null)[];
  /** Positions that could not be continued. */
  resyncs(): number;
  stop(): Promise<number | null>;
}

const FILE = "follow-many.ts";
const SOURCE = `import { createServiceClient } from "@signalbox/client";
import { isSignalboxClientError } from "@signalbox/client/client-error";
const url = process.env["SIGNALBOX_HOST_URL"] ?? "";
const [, , workspaceId = "", count = "", ...keys] = process.argv;
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
const print = (line: object) => process.stdout.write(JSON.stringify({ at: Date.now(), ...line }) + "\\n");
async function follow(client: number): Promise<void> {
  const { signals } = createServiceClient({ url, apiKey: keys[client % keys.length] ?? "" });
  const stream = signals({
    workspaceId,
    signal: stopping.signal,
    onLink: (link) => print({ client, link }),
    onResync: () => { print({ client, resync: true }); },
  });
  for await (const { name, ids } of stream) if (name === "plan.created") print({ client, made: ids["plan"] });
}
await Promise.all(Array.from({ length: Number(count) }, (_, client) => follow(client))).catch((error: unknown) => {
  if (!isSignalboxClientError(error) || error.code !== "aborted") throw error;
});
`;

/** Starts `count` clients, who share the keys evenly. */
export async function followMany(
  project: OutsideProject,
  { url, keys, workspaceId, count }: { url: string; keys: readonly string[]; workspaceId: string; count: number },
): Promise<Followers> {
  await project.writeFile(FILE, SOURCE);
  await project.compile();
  const args = [workspaceId, String(count), ...keys];
  const follower: Follower = project.follow({ url, key: "", file: FILE, args });
  const linesOf = (client: number) => follower.lines.filter((line) => line["client"] === client);
  const ofEach = <T>(read: (lines: Record<string, unknown>[]) => T) =>
    Array.from({ length: count }, (_, client) => read(linesOf(client)));
  return {
    told: () => ofEach((lines) => lines.flatMap(({ made }) => (typeof made === "string" ? [made] : []))),
    liveSince: () =>
      ofEach((lines) => {
        const last = lines.findLast((line) => "link" in line);
        return last?.["link"] === "live" ? Number(last["at"]) : null;
      }),
    resyncs: () => follower.lines.filter((line) => "resync" in line).length,
    stop: () => follower.kill("SIGTERM"),
  };
}
