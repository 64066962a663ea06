/** Whether an operator can run an agent: a shape, a word, and the version or the reason. */
import { Ban, CircleCheck, CircleHelp, OctagonX, Plug } from "lucide-react";
import type { Agent } from "../../lib/records.ts";
import { HeldBy } from "../sandboxes/held-by.tsx";
import { PRESENCE_WORDS } from "./profile-words.ts";

interface AgentPresenceProps {
  /** Of what: an operator where agents are listed, an agent where operators are. */
  name: string;
  isOnline: boolean;
  presence: Agent["operators"][number]["presence"];
  sandbox: Agent["operators"][number]["sandbox"];
}

export function AgentPresence({ name, isOnline, presence, sandbox }: AgentPresenceProps) {
  const { state, version, detail } = presence;
  const { Icon, look } = isOnline ? LOOKS[state] : { Icon: Plug, look: "text-soft" };
  const reason = state === "ready" ? [detail, version].filter(Boolean).join(" ") : detail;
  return (
    <li className="flex flex-wrap items-start gap-x-2 text-2xs">
      <span className={`inline-flex items-center gap-1.5 font-medium ${look}`}>
        <Icon aria-hidden size={13} />
        {isOnline ? PRESENCE_WORDS[state] : `Offline, was ${PRESENCE_WORDS[state].toLowerCase()}`}
      </span>
      <span className="text-soft">{name}</span>
      <HeldBy sandbox={sandbox} />
      {reason ? <span className="min-w-0 wrap-anywhere text-faint max-sm:basis-full max-sm:pl-5">{reason}</span> : null}
    </li>
  );
}

const LOOKS = {
  ready: { Icon: CircleCheck, look: "text-complete" },
  missing: { Icon: CircleHelp, look: "text-soft" },
  "not-allowed": { Icon: Ban, look: "text-soft" },
  broken: { Icon: OctagonX, look: "text-blocked" },
} as const;
