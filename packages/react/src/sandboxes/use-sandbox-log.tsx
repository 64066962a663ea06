"use client";
import type { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { POLL_LOG_MS } from "@signalbox/catalog/timing";
import { systemClock } from "@signalbox/client/clock";
import { startPollLoop } from "@signalbox/client/polling/poll-loop";
import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getQueryKey } from "@trpc/react-query";
import { useCallback, useEffect, useEffectEvent, useMemo, useState } from "react";
import { useConnection } from "../signals/live-provider.tsx";
import { trpc, usePollClient, useSignalboxClient } from "../signalbox-provider.tsx";
import { follow } from "./sandbox-lines.ts";

export interface SandboxLogView {
  /** Consecutive, the newest last; undefined until the first answer. */
  entries: readonly LoggedSandboxEntry[] | undefined;
  /** Entries up to this offset are gone for good. */
  floor: number;
  /** The log has its end. */
  done: boolean;
  /** There are lines before the first one shown. */
  hasEarlier: boolean;
  readEarlier(): Promise<void>;
  error: unknown;
}

/**
 * A sandbox's log, tailed: each signal about it reads what follows the last line, and nothing twice. While the stream is
 * replaced by polling it is asked every 3 s with its ETag, until its end.
 */
export function useSandboxLog(id: string): SandboxLogView {
  const client = useSignalboxClient();
  const queryClient = useQueryClient();
  const [earlier, setEarlier] = useState<{ id: string; entries: readonly LoggedSandboxEntry[] }>({ id, entries: [] });
  const queryKey = useMemo(() => getQueryKey(trpc.sandbox.log, { id }, "query"), [id]);
  const held = useCallback(() => queryClient.getQueryData<SandboxLogAnswer>(queryKey), [queryClient, queryKey]);
  const { data, error } = useQuery({
    queryKey,
    async queryFn({ signal }) {
      for (;;) {
        const after = held()?.cursor;
        if (held()?.done) return held();
        const answer = await client.sandbox.log.query({ id, ...(after !== undefined && { after }) }, { signal });
        // A poll may have brought it meanwhile.
        const view = follow(held(), answer);
        if (!answer.more) return view;
        queryClient.setQueryData(queryKey, view);
      }
    },
  });
  usePolling(id, data?.done ?? false, held, (view) => queryClient.setQueryData(queryKey, view));

  const before = earlier.id === id ? earlier.entries : [];
  const first = before[0] ?? data?.entries[0];
  return {
    entries: data && [...before, ...data.entries],
    floor: data?.floor ?? 0,
    done: data?.done ?? false,
    hasEarlier: first !== undefined && first.seq > (data?.floor ?? 0) + 1,
    async readEarlier() {
      if (!first) return;
      const { entries } = await client.sandbox.log.query({ id, before: first.seq });
      setEarlier({ id, entries: [...entries, ...before] });
    },
    error,
  };
}

function usePolling(
  id: string,
  isDone: boolean,
  held: () => SandboxLogAnswer | undefined,
  take: (view: SandboxLogAnswer) => void,
): void {
  const poll = usePollClient();
  const takeIn = useEffectEvent((answer: SandboxLogAnswer) => take(follow(held(), answer)));
  const position = useEffectEvent(() => held()?.cursor ?? null);
  const isPolling = useConnection().name === "polling";
  useEffect(() => {
    if (!isPolling || isDone) return;
    return startPollLoop({
      everyMs: POLL_LOG_MS,
      async ask(signal) {
        const answer = await poll.sandbox({ sandboxId: id, after: position() }, signal);
        if (answer === "unchanged") return "later";
        takeIn(answer);
        if (answer.done) return "done";
        return answer.more ? "more" : "later";
      },
      // Whether the host can be reached is the connection's to tell.
      onFailure: () => undefined,
      clock: systemClock,
      random: Math.random,
    });
  }, [poll, isPolling, isDone, id]);
}
