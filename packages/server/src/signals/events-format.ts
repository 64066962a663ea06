/** How a batch of signals is rendered, beside what every stream's frames look like. */
import { formatCursor } from "@signalbox/catalog/cursor";
import type { CloseCode, EventsFrame } from "@signalbox/catalog/stream-frames";
import type { Signal } from "@signalbox/catalog/signals";
import type { Row } from "../log/tail.ts";
import { sseText } from "../streams/sse-text.ts";
import { STREAM_FORMATS, type StreamFormat, type StreamFormatName } from "../streams/stream-format.ts";

/** In the order of `seq`, with the position up to which its reader then has everything. */
export interface SignalBatch {
  signals: readonly Row<Signal>[];
  position: number;
}

export interface EventsFormat extends StreamFormat {
  frame(cursor: string, frame: Exclude<EventsFrame, { type: "signals" }>): string;
  signals(epoch: number, batch: SignalBatch): string;
}

const trpc: EventsFormat = {
  ...STREAM_FORMATS.trpc,
  signals(epoch, { signals, position }) {
    const frame = { type: "signals", signals: signals.map((row) => row.value) } satisfies EventsFrame;
    return STREAM_FORMATS.trpc.frame(formatCursor({ epoch, seq: position }), frame);
  },
};

/** An event for each signal. */
const named: EventsFormat = {
  ...STREAM_FORMATS.named,
  signals: (epoch, { signals, position }) =>
    signals
      .map(({ seq, value }, index) =>
        sseText({
          event: value.name,
          data: JSON.stringify(value),
          // A record's newest signal comes in its own place, so up to each of them nothing is missing.
          id: formatCursor({ epoch, seq: index === signals.length - 1 ? position : seq }),
        }),
      )
      .join(""),
};

export const EVENTS_FORMATS: Record<StreamFormatName, EventsFormat> = { trpc, named };

export function closeFrame(code: CloseCode): Extract<EventsFrame, { type: "close" }> {
  return { type: "close", code };
}
