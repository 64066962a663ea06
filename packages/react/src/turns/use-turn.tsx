"use client";
import type { SignalboxClient } from "@signalbox/client/create-client";
import type { PollClient } from "@signalbox/client/polling/poll-client";
import type { TabScope } from "@signalbox/client/tabs/tabs";
import { openTurn } from "@signalbox/client/turns/open-turn";
import type { TurnReader, TurnRecord, TurnSnapshot } from "@signalbox/client/turns/turn-reader";
import { useEffect, useState, useSyncExternalStore } from "react";
import { usePollClient, useSignalboxClient } from "../signalbox-provider.tsx";
import { useTabScope } from "../signals/live-provider.tsx";

/**
 * One turn, live: its view grows as the agent speaks, survives drops, and is final once the turn is over.
 * `initial` is `turn.get`'s answer, as the page was rendered with it; it counts when the turn is first shown, since the
 * stream is ahead of any later one. Unmounting stops reading, not the turn.
 */
export function useTurn(turnId: string, initial?: TurnRecord): TurnSnapshot {
  const client = useSignalboxClient();
  const poll = usePollClient();
  const scope = useTabScope();
  const open = () => openHeld({ client, poll, scope }, turnId, initial);
  const [held, hold] = useState(open);
  if (held.turnId !== turnId || held.client !== client) hold(open());
  const { reader } = held;
  useEffect(() => {
    reader.start();
    return () => reader.stop();
  }, [reader]);
  return useSyncExternalStore(reader.subscribe, reader.snapshot, reader.snapshot);
}

interface HeldReader {
  client: SignalboxClient;
  turnId: string;
  reader: TurnReader;
}

/** Opens nothing yet: a render that is thrown away leaves no stream behind. */
function openHeld(
  { client, poll, scope }: { client: SignalboxClient; poll: PollClient; scope: TabScope | null },
  turnId: string,
  initial: TurnRecord | undefined,
): HeldReader {
  const reader = openTurn({
    client,
    poll,
    scope,
    subscribe: (input, options) => client.turn.subscribe(input, options),
    turnId,
    ...(initial && { initial }),
  });
  return { client, turnId, reader };
}
