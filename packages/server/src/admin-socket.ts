/** The host's socket for administration: in the data folder, for its owner alone (mode 0600). JSON in, JSON or JSON lines out. */
import { chmod, unlink } from "node:fs/promises";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { relative } from "node:path";
import { z } from "zod";
import { isAdminCommand, runAdmin } from "./admin.ts";
import { writeError } from "./api/node-http.ts";
import { SignalboxError } from "./errors.ts";
import type { Host } from "./host.ts";

const BODY_MAX = 64 * 1024;

/** A unix socket's path is bounded to about a hundred bytes: the shorter of its two spellings is used. */
export function socketPath(dataDir: string): string {
  const absolute = `${dataDir}/host.sock`;
  const short = relative(process.cwd(), absolute);
  return short.length < absolute.length ? short : absolute;
}

export async function listenForAdmin(host: Host): Promise<{ close(): Promise<void> }> {
  const path = socketPath(host.config.dataDir);
  // The folder's lock, or the port, tells that no other host serves here: a socket that is left is a killed host's.
  await unlink(path).catch(() => {});
  const server = createServer((req, res) => {
    answer(host, req, res).catch((error: unknown) => writeError(host.logger, res, toSignalboxError(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(host: Host, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "/", "http://host");
  if (url.pathname === "/ping") return void res.writeHead(204).end();
  if (url.pathname === "/tail") return tail(host, url.searchParams.get("workspace") ?? "", res);
  const name = decodeURIComponent(url.pathname.slice(1));
  if (!isAdminCommand(name)) throw new SignalboxError("not-found", `There is no command ${JSON.stringify(name)}.`);
  const result = await runAdmin(host, name, await readJson(req));
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
}

/** Calls `onLine` with each signal of a workspace from now on, as JSON, until the abort. */
export async function tailSignals(
  host: Host,
  workspace: string,
  onLine: (line: string) => void | Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const workspaceId = await host.workspaces.resolve(workspace);
  const joined = await host.signals.tail.join(workspaceId, "head");
  if (!joined) throw new SignalboxError("not-found", `No workspace ${workspaceId} here.`);
  const { reader } = joined;
  try {
    while (!stop.aborted) {
      const taken = await reader.take(100);
      if (taken.kind === "lost") reader.moveTo(taken.head);
      else if (taken.rows.length === 0) await reader.wait(stop);
      else for (const row of taken.rows) await onLine(JSON.stringify(row.value));
    }
  } finally {
    reader.leave();
  }
}

async function tail(host: Host, workspace: string, res: ServerResponse): Promise<void> {
  await host.workspaces.resolve(workspace);
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  res.writeHead(200, { "content-type": "application/x-ndjson" }).flushHeaders();
  const write = async (line: string) => {
    // A reader that does not keep up holds the log's position, and nothing in memory.
    if (!res.write(`${line}\n`)) await once(res, "drain", { signal: gone.signal });
  };
  await tailSignals(host, workspace, write, gone.signal).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) {
    text += chunk as string;
    if (text.length > BODY_MAX) throw new SignalboxError("too-large", "The command is too large.");
  }
  return text ? JSON.parse(text) : {};
}

/** The one line that a person reads. */
export function describeAdminError(error: unknown): string {
  const known = toSignalboxError(error);
  return known instanceof Error ? known.message : String(known);
}

function toSignalboxError(error: unknown): unknown {
  if (!(error instanceof z.ZodError)) return error;
  const [issue] = error.issues;
  return new SignalboxError("bad-request", `${issue?.path.join(".") || "input"}: ${issue?.message ?? "does not fit"}.`);
}
