/** An inspector's event in words: what happened, and why. Pure. */
import type { InspectorEvent } from "@signalbox/client/inspector/inspector";

export interface EventWords {
  title: string;
  lines: string[];
  tone: "plain" | "good" | "bad";
}

export function describeEvent(event: InspectorEvent): EventWords {
  switch (event.type) {
    case "connection": {
      const { state } = event;
      const why = "cause" in state ? ` (${state.cause})` : "reason" in state ? ` (${state.reason})` : "";
      return {
        title: `Connection: ${state.name}${why}`,
        lines: state.name === "polling" ? [`answers: ${state.answers}`] : [],
        tone: state.name === "live" ? "good" : state.name === "connecting" || state.name === "idle" ? "plain" : "bad",
      };
    }
    case "signals":
      return {
        title: event.signals.length === 1 ? "1 signal" : `${event.signals.length} signals in one batch`,
        lines: [
          ...event.signals.map(
            ({ name, ids, latencyMs }) => `${name} ${idsInWords(ids)}, ${latencyMs} ms after its commit`,
          ),
          `position ${event.cursor}`,
        ],
        tone: "plain",
      };
    case "resync":
      return {
        title: `Resync: ${event.reason}`,
        lines: [`everything shown is read again within ${event.spreadMs} ms`, `position ${event.cursor}`],
        tone: "bad",
      };
    case "read":
      return {
        title: `Read ${event.label}`,
        lines: [
          ...event.because.map((reason) => `because: ${reason}`),
          ...(event.asked > 1 ? [`${event.asked} requests for it became this one read`] : []),
          `${event.outcome} after ${event.tookMs} ms`,
        ],
        tone: event.outcome === "failed" ? "bad" : "plain",
      };
    default:
      return event satisfies never;
  }
}

function idsInWords(ids: Readonly<Record<string, string>>): string {
  return Object.entries(ids)
    .map(([subject, id]) => `${subject}:${id}`)
    .join(" ");
}
