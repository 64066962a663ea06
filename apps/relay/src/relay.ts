/** The relay: the workspace of its key, and each endpoint beside the others. */
import { BACKOFF_CAP_MS } from "@signalbox/catalog/timing";
import { createServiceClient, type ServiceClient } from "@signalbox/client";
import { isSignalboxClientError } from "@signalbox/client/service/client-error";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hostOf, privateAddressOf } from "./address-guard.ts";
import { ConfigError, type RelayConfig } from "./config.ts";
import { retryPause } from "./deliver.ts";
import { readEndpoints, refusedAddress, type Endpoint } from "./endpoints.ts";
import { followEndpoint } from "./follow-endpoint.ts";
import type { Logger } from "./logger.ts";

/** Runs until the signal aborts or every receiver is gone. Throws `ConfigError`, or the client's error for a key that is refused. */
export async function runRelay({
  config,
  log,
  signal,
}: {
  config: RelayConfig;
  log: Logger;
  signal: AbortSignal;
}): Promise<void> {
  const endpoints = await readEndpoints(config.dir);
  await refusePrivate(endpoints);
  const client = createServiceClient({ url: config.hostUrl, apiKey: config.apiKey });
  const workspaceId = await findWorkspace(client, log, signal);
  if (workspaceId === null) return;
  log.info({ workspaceId, endpoints: endpoints.map(({ name }) => name) }, "relay started");
  // One that is refused for good ends the others in order.
  const failing = new AbortController();
  const stop = AbortSignal.any([signal, failing.signal]);
  const results = await Promise.allSettled(
    endpoints.map((endpoint) =>
      followEndpoint({
        endpoint,
        client,
        workspaceId,
        positionPath: join(config.dir, "positions", `${endpoint.name}.json`),
        log,
        signal: stop,
      }).catch((error: unknown) => {
        failing.abort();
        throw error;
      }),
    ),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function refusePrivate(endpoints: readonly Endpoint[]): Promise<void> {
  for (const { name, url, isAllowed } of endpoints) {
    const address = isAllowed ? null : await privateAddressOf(hostOf(url));
    if (address !== null) throw refusedAddress(name, address);
  }
}

/** A key opens one workspace. A host that does not answer yet is waited for; null when the relay was stopped meanwhile. */
async function findWorkspace(client: ServiceClient, log: Logger, signal: AbortSignal): Promise<string | null> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      const [workspace] = await client.workspace.list.query(undefined, { signal });
      if (!workspace) throw new ConfigError("SIGNALBOX_API_KEY must be a key of a workspace.");
      return workspace.id;
    } catch (error) {
      if (signal.aborted) break;
      if (!isSignalboxClientError(error) || !error.isRetryable) throw error;
      log.warn({ code: error.code, failures }, "the host does not answer");
      const pauseMs = Math.max(Math.min(retryPause(failures, Math.random), BACKOFF_CAP_MS), error.retryAfterMs ?? 0);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}
