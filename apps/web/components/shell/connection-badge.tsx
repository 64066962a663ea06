"use client";
/** The state of the connection: a quiet dot while all is well, words when it isn't, the whole story on a click. */
import { Popover } from "@base-ui/react/popover";
import { useConnection } from "@signalbox/react/signals/live-provider";
import { useInspector } from "@signalbox/react/signals/use-inspector";
import { clsx } from "clsx";
import { useHydrated } from "../ui/clock.tsx";
import { Elapsed } from "../ui/time.tsx";
import { type ConnectionWords, connectionWords } from "./connection-words.ts";

const DOT: Record<ConnectionWords["tone"], string> = {
  quiet: "bg-accent",
  waiting: "border-2 border-line-strong",
  degraded: "border-2 border-degraded",
  ended: "bg-blocked",
};

export function ConnectionBadge() {
  const state = useConnection();
  const isHydrated = useHydrated();
  // Without JavaScript nothing is live, and nothing may look so.
  if (!isHydrated) return <span aria-hidden className={clsx("mx-3 size-2 rounded-full", DOT.waiting)} />;
  const words = connectionWords(state, timeOfDay);

  return (
    <Popover.Root>
      <Popover.Trigger
        data-connection={state.name}
        className={clsx("press px-2.5 hover:bg-hover", words.tone === "degraded" && "bg-degraded-wash text-degraded")}
      >
        <span className="sr-only">
          Connection: {words.label === null ? (words.tone === "quiet" ? "live" : "connecting") : null}
        </span>
        <span aria-hidden className={clsx("size-2 rounded-full", DOT[words.tone])} />
        {words.label ? <span className="max-w-[11rem] truncate max-sm:max-w-28">{words.label}</span> : null}
        {words.countsFrom === null ? null : (
          <Elapsed from={new Date(words.countsFrom)} to={null} className="max-sm:hidden" />
        )}
      </Popover.Trigger>
      <span role="status" className="sr-only">
        {words.tone === "degraded" || words.tone === "ended" ? words.meaning : null}
      </span>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" className="z-40">
          <Popover.Popup className="popup max-w-80 p-3">
            <Popover.Title className="text-list font-semibold">Connection</Popover.Title>
            <Popover.Description className="mt-1 text-list text-soft">{words.meaning}</Popover.Description>
            {state.name === "live" ? (
              <p className="mt-2 text-2xs text-faint">
                Open for <Elapsed from={new Date(state.since)} to={null} />
              </p>
            ) : null}
            <InspectorButton />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function InspectorButton() {
  const { isOpen, toggle } = useInspector();
  return (
    <button
      type="button"
      className="press mt-2 -ml-2 px-2 text-2xs text-soft hover:bg-hover hover:text-ink"
      onClick={toggle}
    >
      {isOpen ? "Close the live inspector" : "Open the live inspector"} <kbd className="text-faint">Ctrl/⌘ ⇧ L</kbd>
    </button>
  );
}

/** Said across the page when nothing more will arrive: by then the badge alone would be too quiet. */
export function ConnectionEnded() {
  const state = useConnection();
  if (state.name !== "needs-auth" && !(state.name === "stopped" && state.reason === "gone")) return null;
  const { meaning } = connectionWords(state, timeOfDay);
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line bg-degraded-wash px-4 py-2 text-degraded">
      <p className="min-w-0 flex-1">{meaning}</p>
      <a href={state.name === "needs-auth" ? "/sign-in" : "/"} className="press border border-current">
        {state.name === "needs-auth" ? "Sign in" : "Go to your workspaces"}
      </a>
    </div>
  );
}

function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
