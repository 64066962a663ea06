"use client";
/** The chats of a plan: which one is shown, the turn under way in it, and what one can do: ask, stop, start another chat. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { useCallback, useState } from "react";
import type { Chat, TurnSummary } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

const NONE: readonly Chat[] = [];

export interface ChatControl {
  chats: readonly Chat[];
  chat: Chat | undefined;
  choose: (chatId: string) => void;
  running: TurnSummary | undefined;
  isStopping: boolean;
  ended: (turnId: string) => void;
  endedAt: (turnId: string) => Date | null;
  ask: (prompt: string, profileId: string | undefined) => Promise<boolean>;
  stop: () => void;
  startChat: () => void;
}

export function useChat(planId: string): ChatControl {
  const tell = useTell();
  const utils = trpc.useUtils();
  const chats = trpc.chat.list.useQuery({ planId }).data ?? NONE;
  const createChat = trpc.chat.create.useMutation();
  const startTurn = trpc.turn.start.useMutation();
  const stopTurn = trpc.turn.stop.useMutation();
  const [chosen, choose] = useState<string | null>(null);
  // A live turn tells its end before the list of chats is read again.
  const [over, setOver] = useState<ReadonlyMap<string, Date>>(new Map());

  const chat = chats.find((each) => each.id === chosen) ?? chats.at(-1);
  const running = chat?.turns.find(
    ({ turnId, status }) => (status === "queued" || status === "streaming") && !over.has(turnId),
  );
  const ended = useCallback(
    (turnId: string) => setOver((now) => (now.has(turnId) ? now : new Map(now).set(turnId, new Date()))),
    [],
  );
  const refused = (title: string) => (error: unknown) => {
    tell({ title, description: refusalOf(error).message, tone: "problem" });
    return false;
  };

  const create = async () => {
    const made = await createChat.mutateAsync({ planId });
    await utils.chat.list.invalidate({ planId });
    choose(made.id);
    return made.id;
  };

  return {
    chats,
    chat,
    choose,
    running,
    isStopping: stopTurn.isPending || (stopTurn.isSuccess && stopTurn.variables.turnId === running?.turnId),
    ended,
    endedAt: (turnId) => over.get(turnId) ?? null,
    ask: async (prompt, profileId) => {
      try {
        const chatId = chat?.id ?? (await create());
        await startTurn.mutateAsync({ chatId, prompt, ...(profileId === undefined ? {} : { profileId }) });
        await utils.chat.list.invalidate({ planId });
        return true;
      } catch (error) {
        return refused("The message was not sent")(error);
      }
    },
    stop: () => {
      if (running) stopTurn.mutateAsync({ turnId: running.turnId }).catch(refused("The turn was not stopped"));
    },
    startChat: () => {
      create().catch(refused("No new chat was started"));
    },
  };
}
