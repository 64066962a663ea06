/**
 * The built product as processes: a host that streams, and with PostgreSQL a second host that takes the mutations, so that
 * what a stream costs is not mixed with what a mutation costs. On the embedded store, which has one opener, it is one.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { BenchError } from "./bench-error.ts";
import { runNode, startNode } from "./child.ts";
import { ROOT } from "./config.ts";
import { createDatabase } from "./database.ts";
import { freePort } from "./free-port.ts";
import type { StreamTarget } from "./sseload.ts";

export interface Product {
  /** Of the host that streams. */
  readonly url: string;
  readonly pid: number;
  /** Of the host that takes mutations. */
  readonly writeUrl: string;
  /** Whether that is another process. */
  readonly hasOwnWriter: boolean;
  /** Null on the embedded store. */
  readonly databaseUrl: string | null;
  readonly workspaceId: string;
  readonly key: string;
  readonly operatorToken: string;
  /** The signals of the workspace as browsers get them: one per record. */
  events(): StreamTarget;
  turn(turnId: string, after?: string): StreamTarget;
  /** Where an owner of the workspace signs in; good for one sign-in. */
  signInLink(): Promise<string>;
  /** SIGKILL to the streaming host. */
  kill(): Promise<void>;
  /** Starts the streaming host again on its store and port; it listens when this resolves. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const SECRET = "a secret of the bench that has more than thirty-two characters";

export async function startProduct({ isPostgres }: { isPostgres: boolean }): Promise<Product> {
  if (!existsSync(join(ROOT, "apps/web/.next/BUILD_ID"))) {
    throw new BenchError("The bench measures what is built, and nothing is: run `npm start` or `pnpm verify` once.");
  }
  const made = new AsyncDisposableStack();
  try {
    return await startIn(made, isPostgres);
  } catch (error) {
    await made.disposeAsync();
    throw error;
  }
}

/** What has to go again is put on the stack as soon as it is there: a start that fails in the middle leaves nothing. */
async function startIn(made: AsyncDisposableStack, isPostgres: boolean): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-"));
  made.defer(() => rmSync(folder, { recursive: true, force: true }));
  const database = isPostgres ? await createDatabase() : null;
  made.defer(() => database?.drop());
  const environmentOf = (port: number, name: string) => ({
    PORT: String(port),
    SIGNALBOX_DATA_DIR: join(folder, name),
    SIGNALBOX_DEMO: "0",
    SIGNALBOX_DRAIN_SECONDS: "0",
    SIGNALBOX_MAX_STREAMS: "100000",
    SIGNALBOX_MAX_STREAMS_PER_PERSON: "10000",
    ...(database ? { DATABASE_URL: database.url, SIGNALBOX_SECRET: SECRET } : {}),
  });
  const startHost = (environment: Record<string, string>) =>
    startNode({
      name: "The host",
      entry: join(ROOT, "apps/web/server.ts"),
      environment,
      ready: /^Signalbox ready: /,
    });

  const own = environmentOf(await freePort(), "host");
  let host = await startHost(own);
  made.defer(() => host.stop());
  const other = environmentOf(await freePort(), "writer");
  const writer = database ? await startHost(other) : null;
  made.defer(() => writer?.stop());

  const administer = async (...args: string[]): Promise<unknown> =>
    JSON.parse(await runNode(join(ROOT, "tooling/cli/src/main.ts"), [...args, "--json"], own));
  const { id: workspaceId } = Made.parse(await administer("workspace", "create", "--name", "Bench"));
  const within = ["--workspace", workspaceId, "--name", "bench"];
  const { key } = MadeKey.parse(await administer("key", "create", ...within));
  const { token } = MadeToken.parse(await administer("operator", "enroll", ...within));

  const url = `http://127.0.0.1:${own.PORT}`;
  const headers = { Authorization: `Bearer ${key}` };
  return {
    url,
    get pid() {
      return host.pid;
    },
    writeUrl: writer ? `http://127.0.0.1:${other.PORT}` : url,
    hasOwnWriter: writer !== null,
    databaseUrl: database?.url ?? null,
    workspaceId,
    key,
    operatorToken: token,
    events: () => ({ urls: [streamUrl(url, "events", { workspaceId, delivery: "latest" })], headers }),
    turn: (turnId, after) => ({
      urls: [streamUrl(url, "turn", { turnId })],
      headers: { ...headers, ...(after ? { "Last-Event-ID": after } : {}) },
    }),
    async signInLink() {
      const who = ["--workspace", workspaceId, "--email", "bench@example.com", "--role", "owner"];
      return MadeLink.parse(await administer("member", "add", ...who)).link;
    },
    kill: () => host.stop("SIGKILL"),
    async start() {
      host = await startHost(own);
    },
    stop: () => made.disposeAsync(),
  };
}

const Made = z.object({ id: z.string() });
const MadeKey = z.object({ key: z.string() });
const MadeLink = z.object({ link: z.string() });
const MadeToken = z.object({ token: z.string() });

export function streamUrl(url: string, procedure: "events" | "turn", input: object): string {
  return `${url}/__/${procedure}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;
}
