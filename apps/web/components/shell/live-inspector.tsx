"use client";
/** The live inspector: what came, what was read because of it, and how the connection fared. Closed, it is nothing. */
import type { InspectorEvent } from "@signalbox/client/inspector/inspector";
import { useInspector } from "@signalbox/react/signals/use-inspector";
import { clsx } from "clsx";
import { Download, X } from "lucide-react";
import { useEffect } from "react";
import { useNow } from "../ui/clock.tsx";
import { describeEvent, type EventWords } from "./inspector-words.ts";

export function LiveInspector() {
  const { isOpen, toggle } = useInspector();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isAsked =
        event.key.toLowerCase() === "l" && event.shiftKey && (event.ctrlKey || event.metaKey) && !event.altKey;
      if (!isAsked || event.repeat) return;
      event.preventDefault();
      toggle();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [toggle]);
  return isOpen ? <InspectorPanel /> : null;
}

function InspectorPanel() {
  const { events, dropped, traffic, toggle } = useInspector();
  useNow(1_000);
  const { attempts, bytes } = traffic();
  const count = (type: InspectorEvent["type"]) => events.filter((event) => event.type === type).length;
  const signals = events.reduce((sum, event) => sum + (event.type === "signals" ? event.signals.length : 0), 0);
  return (
    <aside
      aria-label="Live inspector"
      className="fixed inset-y-0 right-0 z-30 flex w-[min(30rem,100vw)] flex-col border-l border-line bg-canvas shadow-pop"
    >
      <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line px-4">
        <h2 className="min-w-0 flex-1 text-body font-semibold">Live inspector</h2>
        <button
          type="button"
          aria-label="Export as JSON"
          className="press px-2 text-soft hover:bg-hover hover:text-ink"
          onClick={() =>
            download({ exportedAt: new Date().toISOString(), traffic: { attempts, bytes }, dropped, events })
          }
        >
          <Download aria-hidden size={16} />
        </button>
        <button
          type="button"
          aria-label="Close the live inspector"
          className="press px-2 text-soft hover:bg-hover hover:text-ink"
          onClick={toggle}
        >
          <X aria-hidden size={16} />
        </button>
      </header>
      <dl className="grid grid-cols-4 gap-2 border-b border-line px-4 py-2 text-2xs text-soft">
        <Figure name="Signals" value={signals} />
        <Figure name="Reads" value={count("read")} />
        <Figure
          name="Connections"
          value={attempts}
          hint="Opened by this tab. None: another tab of yours holds the stream."
        />
        <Figure name="Bytes" value={bytes} hint="Received on the stream, whichever of your tabs holds it." />
      </dl>
      <ol className="min-h-0 flex-1 divide-y divide-line overflow-y-auto text-list" data-inspector-events>
        {events.toReversed().map((event, index) => (
          <EventRow key={events.length - index + dropped} event={event} />
        ))}
        {dropped > 0 ? <li className="px-4 py-2 text-faint">{dropped} earlier ones are no longer held.</li> : null}
      </ol>
    </aside>
  );
}

function Figure({ name, value, hint }: { name: string; value: number; hint?: string }) {
  return (
    <div title={hint}>
      <dt className="text-faint">{name}</dt>
      <dd data-number className="text-list font-semibold text-ink">
        {value.toLocaleString()}
      </dd>
    </div>
  );
}

const MARK: Record<EventWords["tone"], string> = {
  plain: "text-ink",
  good: "text-accent",
  bad: "text-degraded",
};

function EventRow({ event }: { event: InspectorEvent }) {
  const { title, lines, tone } = describeEvent(event);
  return (
    <li className="px-4 py-2" data-inspector-event={event.type}>
      <p className="flex items-baseline gap-2">
        <span className={clsx("min-w-0 flex-1 font-medium wrap-anywhere", MARK[tone])}>{title}</span>
        <time dateTime={new Date(event.at).toISOString()} data-number className="shrink-0 text-2xs text-faint">
          {new Date(event.at).toLocaleTimeString(undefined, { hour12: false })}.
          {String(event.at % 1_000).padStart(3, "0")}
        </time>
      </p>
      {lines.map((line) => (
        <p key={line} className="font-mono text-2xs wrap-anywhere text-soft">
          {line}
        </p>
      ))}
    </li>
  );
}

function download(content: unknown): void {
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "signalbox-inspector.json";
  link.click();
  URL.revokeObjectURL(address);
}
