/**
 * Where a command runs: an embedded store has one opener, so beside a running host it goes through the host's socket;
 * otherwise the store is opened here.
 */
import { isAdminCommand, runAdmin } from "@signalbox/server/admin";
import { describeAdminError, socketPath, tailSignals } from "@signalbox/server/admin-socket";
import { ConfigError, readConfig, type Config } from "@signalbox/server/config";
import { createHost } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { DiskFullError } from "@signalbox/server/store/disk-space";
import { StoreLockedError } from "@signalbox/server/store/folder-lock";
import { openStore } from "@signalbox/server/store/open-store";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CliError } from "./cli-error.ts";

const ROOT = join(import.meta.dirname, "../../..");

export interface Administration {
  run(command: string, input: object): Promise<Record<string, unknown>>;
  /** Calls `onLine` for each signal until the abort. */
  tail(workspace: string, onLine: (line: string) => void, stop: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export async function openAdministration(): Promise<Administration> {
  const config = configOrLine();
  return (await throughHost(config)) ?? (await onStore(config));
}

function configOrLine(): Config {
  try {
    return readConfig(ROOT);
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(error.message) : error;
  }
}

/** Null when no host listens on the socket. */
async function throughHost(config: Config): Promise<Administration | null> {
  const path = socketPath(config.dataDir);
  const call = (target: string, body: string | null, stop?: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request({
        socketPath: path,
        path: target,
        method: body === null ? "GET" : "POST",
        ...(stop ? { signal: stop } : {}),
      });
      outgoing.once("response", resolve).once("error", reject);
      outgoing.end(body ?? undefined);
    });
  try {
    (await call("/ping", null)).resume();
  } catch {
    return null;
  }
  return {
    async run(command, input) {
      const response = await call(`/${encodeURIComponent(command)}`, JSON.stringify(input));
      const answer = JSON.parse(await readText(response)) as Record<string, unknown>;
      if (response.statusCode !== 200) throw new CliError(messageOf(answer));
      return answer;
    },
    async tail(workspace, onLine, stop) {
      try {
        const response = await call(`/tail?workspace=${encodeURIComponent(workspace)}`, null, stop);
        if (response.statusCode !== 200) throw new CliError(messageOf(JSON.parse(await readText(response))));
        for await (const line of createInterface({ input: response })) onLine(line);
        if (!stop.aborted) throw new CliError("The host ended.");
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    },
    close: async () => {},
  };
}

async function onStore(config: Config): Promise<Administration> {
  const store = await openStore(config).catch((error: unknown) => {
    throw error instanceof StoreLockedError || error instanceof DiskFullError ? new CliError(error.message) : error;
  });
  const host = await createHost({ config, store, logger: createLogger("error"), hasBackgroundWork: false });
  const orLine = (error: unknown) => {
    throw new CliError(describeAdminError(error));
  };
  return {
    async run(command, input) {
      if (!isAdminCommand(command)) throw new CliError(`There is no command ${command}.`);
      return runAdmin(host, command, input).catch(orLine);
    },
    tail: (workspace, onLine, stop) => tailSignals(host, workspace, onLine, stop).catch(orLine),
    close: () => host.close(),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk as string;
  return text;
}

function messageOf(answer: unknown): string {
  return (answer as { error?: { message?: string } }).error?.message ?? "The host refused.";
}
