"use client";
/** Where one writes to the agent: Ctrl or ⌘ with Enter sends, the turn under way can be stopped, and what stands in the way is said. */
import { TEXT_MAX } from "@signalbox/catalog/bounds";
import { Bot, SendHorizontal, Square } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useHydrated } from "../ui/clock.tsx";
import { PickMenu } from "../ui/pick-menu.tsx";
import { AgentName } from "./agent-name.tsx";

export interface AgentChoice {
  id: string;
  name: string;
  isDemo: boolean;
}

interface ComposerProps {
  agents: readonly AgentChoice[];
  /** Why nothing can be sent at all; null when it can. */
  obstacle: ReactNode;
  /** What the sender should know before sending. */
  notice: string | null;
  isRunning: boolean;
  isStopping: boolean;
  /** Resolves to whether it was taken; what was not stays in the field. */
  onSend: (prompt: string, profileId: string | undefined) => Promise<boolean>;
  onStop: () => void;
}

export function Composer({ agents, obstacle, notice, isRunning, isStopping, onSend, onStop }: ComposerProps) {
  const [draft, setDraft] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [isSending, setIsSending] = useState(false);
  const isHydrated = useHydrated();
  const agent = agents.find((each) => each.id === chosen) ?? agents[0];
  const isBlocked = obstacle !== null;
  const canSend = isHydrated && !isBlocked && !isRunning && !isSending && draft.trim() !== "";

  const send = async () => {
    if (!canSend) return;
    setIsSending(true);
    const isTaken = await onSend(draft.trim(), agent?.id);
    setIsSending(false);
    if (isTaken) setDraft("");
  };

  return (
    <form
      aria-label="Write to the agent"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      className="border-t border-line p-3"
    >
      {isBlocked || notice !== null ? (
        <p id="composer-notice" className="mb-2 text-2xs text-soft">
          {isBlocked ? obstacle : notice}
        </p>
      ) : null}
      <div className="rounded-lg border border-line-strong bg-surface focus-within:border-accent focus-within:outline-1 focus-within:outline-accent">
        <textarea
          aria-label="Message"
          aria-describedby={isBlocked || notice !== null ? "composer-notice" : undefined}
          rows={2}
          maxLength={TEXT_MAX}
          disabled={isBlocked}
          value={draft}
          placeholder={
            isRunning
              ? "The agent is at work. Write the next message meanwhile."
              : "Ask the agent to start on this plan"
          }
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
            event.preventDefault();
            void send();
          }}
          className="block max-h-60 w-full resize-none field-sizing-content bg-transparent px-3 py-2 text-body outline-none placeholder:text-faint disabled:cursor-not-allowed pointer-coarse:text-base"
        />
        <div className="flex items-center gap-1 px-1.5 pb-1.5">
          {agent ? (
            <PickMenu
              label="Agent"
              value={agent.id}
              choices={agents.map(({ id, name, isDemo }) => ({
                value: id,
                label: isDemo && !/demo/iu.test(name) ? `${name} (demo)` : name,
              }))}
              onPick={setChosen}
              className="min-w-0 px-2 font-normal text-soft hover:bg-hover"
            >
              <Bot aria-hidden size={14} />
              <AgentName name={agent.name} isDemo={agent.isDemo} />
            </PickMenu>
          ) : null}
          <span className="flex-1" />
          {isRunning ? (
            <button
              type="button"
              onClick={onStop}
              disabled={isStopping}
              className="press border border-line-strong bg-surface hover:bg-hover"
            >
              <Square aria-hidden size={11} fill="currentColor" />
              {isStopping ? "Stopping" : "Stop"}
            </button>
          ) : (
            <button
              type="submit"
              disabled={!canSend}
              title={isHydrated ? sendKeys() : undefined}
              className="press bg-accent text-accent-ink"
            >
              <SendHorizontal aria-hidden size={14} />
              {isSending ? "Sending" : "Send"}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

function sendKeys(): string {
  return /Mac|iPhone|iPad/u.test(navigator.userAgent) ? "⌘ Enter" : "Ctrl Enter";
}
