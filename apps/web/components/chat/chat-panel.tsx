"use client";
/** The conversation with an agent about a plan: its turns, the running one live, and the field to go on. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { MessageSquarePlus } from "lucide-react";
import Link from "next/link";
import { useSearchParams } from "next/navigation";
import { type ReactNode, useMemo, useState } from "react";
import { placeHref } from "../../lib/places.ts";
import type { Agent, Chat, Operator } from "../../lib/records.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { PickMenu } from "../ui/pick-menu.tsx";
import { type AgentChoice, Composer } from "./composer.tsx";
import { ScrollBox } from "./scroll-box.ts";
import { TurnItem } from "./turn-item.tsx";
import { useChat } from "./use-chat.ts";
import { useFollowEnd } from "./use-follow-end.ts";
import { JumpToLatest } from "../ui/jump-to-latest.tsx";

/** Turns shown at once; the earlier ones come on demand. */
const TURNS_SHOWN = 10;
/** Characters of a chat's first words in its label. */
const LABEL_MAX = 40;
const NO_OPERATORS: readonly Operator[] = [];
const NO_AGENTS: readonly Agent[] = [];

export function ChatPanel({ workspaceId, planId, canEdit }: { workspaceId: string; planId: string; canEdit: boolean }) {
  const control = useChat(planId);
  const { chats, chat, running } = control;
  const operators = trpc.operator.list.useQuery({ workspaceId }).data ?? NO_OPERATORS;
  const agents = trpc.agent.list.useQuery({ workspaceId }).data ?? NO_AGENTS;
  const members = trpc.member.list.useQuery({ workspaceId }).data;
  const names = useMemo(() => new Map((members ?? []).map((member) => [member.id, member.name])), [members]);
  const [showsAll, setShowsAll] = useState(false);
  const { box, content, isAtEnd, jumpToEnd, settle } = useFollowEnd(chat?.id ?? "");
  const wholeTurnId = useSearchParams().get("whole");
  const scrollBox = useMemo(() => ({ box, content, settle, wholeTurnId }), [box, content, settle, wholeTurnId]);

  const turns = chat?.turns ?? [];
  const shown = showsAll ? turns : turns.slice(-TURNS_SHOWN);
  const isOnline = operators.some((operator) => operator.status === "online");

  return (
    <section aria-label="Chat" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-3">
        {chat && chats.length > 1 ? (
          <PickMenu
            label="Chat"
            value={chat.id}
            choices={chats.map((each, index) => ({ value: each.id, label: chatLabel(each, index) }))}
            onPick={control.choose}
            className="min-w-0 px-2 hover:bg-hover"
          >
            <span className="truncate">{chatLabel(chat, chats.indexOf(chat))}</span>
          </PickMenu>
        ) : (
          <h2 className="px-1 font-semibold">Chat</h2>
        )}
        <span className="flex-1" />
        {canEdit && turns.length > 0 ? (
          <IconButton label="New chat" onClick={control.startChat}>
            <MessageSquarePlus aria-hidden size={15} />
          </IconButton>
        ) : null}
      </div>
      <div className="relative min-h-0 flex-1">
        {/* Reachable by Tab, so that it can be scrolled by keyboard. */}
        <div
          ref={box}
          tabIndex={0}
          role="region"
          aria-label="Turns"
          // What is read is kept in its place by the box's own means, which every browser has.
          className="h-full overflow-y-auto [overflow-anchor:none] focus-visible:-outline-offset-2"
        >
          <div ref={content} className="px-4 py-4">
            {turns.length === 0 ? <FirstMessageHint /> : null}
            {turns.length > shown.length ? (
              <button
                type="button"
                onClick={() => setShowsAll(true)}
                className="press mb-4 w-full border border-line text-soft hover:bg-hover"
              >
                Show {turns.length - shown.length} earlier {turns.length - shown.length === 1 ? "turn" : "turns"}
              </button>
            ) : null}
            <ScrollBox value={scrollBox}>
              <ol className="flex flex-col gap-6">
                {shown.map((turn) => (
                  <TurnItem
                    key={turn.turnId}
                    turn={turn}
                    askedBy={turn.startedBy === null ? undefined : names.get(turn.startedBy)}
                    canAnswer={canEdit}
                    endedAt={control.endedAt(turn.turnId)}
                    onEnd={control.ended}
                  />
                ))}
              </ol>
            </ScrollBox>
          </div>
        </div>
        {isAtEnd ? null : <JumpToLatest onJump={jumpToEnd} />}
      </div>
      <Composer
        agents={choicesOf(agents)}
        obstacle={obstacleOf({ workspaceId, canEdit, operators })}
        notice={
          isOnline || running
            ? null
            : "No operator is connected. A message waits a minute for one, then its turn fails."
        }
        isRunning={running !== undefined}
        isStopping={control.isStopping}
        onSend={async (prompt, profileId) => {
          const isTaken = await control.ask(prompt, profileId);
          if (isTaken) jumpToEnd();
          return isTaken;
        }}
        onStop={control.stop}
      />
    </section>
  );
}

function FirstMessageHint() {
  return (
    <div className="py-8 text-center text-body text-soft">
      <p className="font-semibold text-ink">Put an agent on it</p>
      <p className="mx-auto mt-1 max-w-[44ch]">
        Say what you want done. You can close this page meanwhile: the turn goes on, and is here, whole, when you are
        back.
      </p>
    </div>
  );
}

function obstacleOf({
  workspaceId,
  canEdit,
  operators,
}: {
  workspaceId: string;
  canEdit: boolean;
  operators: readonly Operator[];
}): ReactNode {
  if (!canEdit) return "You can read here. To write to the agent you need to be a member of this workspace.";
  if (operators.some((operator) => operator.status !== "revoked")) return null;
  return (
    <>
      Agents run on an operator, and this workspace has none yet.{" "}
      <Link href={placeHref(workspaceId, "operators")} className="text-accent underline">
        Enroll one
      </Link>
    </>
  );
}

/** Chats of a plan all bear its title: their number and first words tell them apart. */
function chatLabel({ turns }: Chat, index: number): string {
  const first = turns[0]?.prompt.split("\n")[0] ?? "Nothing said yet";
  return `${index + 1}. ${first.length > LABEL_MAX ? `${first.slice(0, LABEL_MAX)}…` : first}`;
}

/** Agents that are ready on a connected operator; while there is none, those that could come back. */
function choicesOf(agents: readonly Agent[]): readonly AgentChoice[] {
  const ready = (isOnline: boolean) =>
    agents.filter(({ operators }) =>
      operators.some((each) => each.isOnline === isOnline && each.presence.state === "ready"),
    );
  const online = ready(true);
  return online.length > 0 ? online : ready(false);
}
