/**
 * The reads of a page on the server. The signals' position is taken before the first of them, so that whatever changes
 * between a read and the browser's connection is heard there. Nothing here reaches the browser but the answers.
 */
import type { PanelId } from "@signalbox/catalog/panels";
import { isSignalboxError } from "@signalbox/server/errors";
import { dehydrate, type DehydratedState, type QueryClient } from "@tanstack/react-query";
import { makeQueryClient } from "@signalbox/react/query-client";
import { notFound, redirect } from "next/navigation";
import { getPrincipal, serverCaller, signalPosition } from "./host.ts";

export type Caller = ReturnType<typeof serverCaller>;

export interface PageReads {
  caller: Caller;
  /** Where the workspace's signals stood before the first read. */
  position: string;
  /** Runs a read and keeps its answer for the browser, under the key of the query with this path and input. */
  read<I extends object, T>(path: string, input: I, run: (input: I) => Promise<T>): Promise<T>;
  /** Reads a panel and keeps its answer. Returns why the server refused its parameters, or null. */
  readPanel(request: { workspaceId: string; panelId: PanelId; params: object }): Promise<string | null>;
  /** All that was kept, for the page's hydration. */
  kept(): DehydratedState;
}

/** Sends to the sign-in page who is not signed in, and answers "not found" for all that one may not see. */
export async function openPageReads(workspaceId: string, comeBackTo: string): Promise<PageReads> {
  const principal = await getPrincipal();
  if (!principal) redirect(`/sign-in?next=${encodeURIComponent(comeBackTo)}`);
  const position = await orNotFound(signalPosition(workspaceId));
  const caller = serverCaller(principal);
  const queries = makeQueryClient();
  return {
    caller,
    position,
    read: async (path, input, run) => {
      const answer = await orNotFound(run(input));
      keep(queries, path, input, answer);
      return answer;
    },
    readPanel: async (request) => {
      try {
        keep(queries, "report.read", request, await caller.report.read(request));
        return null;
      } catch (error) {
        const refused = refusedInput(error);
        if (refused === null) throw error;
        return refused;
      }
    },
    kept: () => dehydrate(queries),
  };
}

async function orNotFound<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (hasCode(error, "not-found") || hasCode(error, "bad-request")) notFound();
    throw error;
  }
}

/** The words of a refused input: a parameter that names nothing here. */
function refusedInput(error: unknown): string | null {
  return error instanceof Error && hasCode(error, "bad-request") ? error.message : null;
}

/** A caller wraps our error into tRPC's; both are known by brand. */
function hasCode(error: unknown, code: string): boolean {
  if (isSignalboxError(error)) return error.code === code;
  return error instanceof Error && isSignalboxError(error.cause) && error.cause.code === code;
}

/** The key that tRPC's React hooks use: `[path, { input?, type: "query" }]`. */
function keep(queries: QueryClient, path: string, input: object, answer: unknown): void {
  const hasInput = Object.keys(input).length > 0;
  queries.setQueryData([path.split("."), { ...(hasInput ? { input } : {}), type: "query" }], answer);
}
