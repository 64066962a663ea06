import type { Clock, Stop } from "../clock.ts";
import { holdStream, type HeldStream, type OpenStream, type StreamHandlers } from "../streams/hold-stream.ts";
import type { TRPCProcedureOptions } from "@trpc/client";
import { SignalboxClientError, toClientError } from "./client-error.ts";

/** `live`: the stream is up. `down`: it is retried. Told on each change. */
export type LinkState = "live" | "down";

/** A subscription of the typed client. */
export type ServiceStream<Frame, Input> = (
  input: Input & { lastEventId?: string },
  options: StreamHandlers<Frame> & Pick<TRPCProcedureOptions, "context">,
) => { unsubscribe(): void };

export interface HoldForServiceOptions<Frame> {
  /** For messages: what is read, with its id. */
  what: string;
  open: OpenStream<Frame>;
  after: string | null;
  onFrame(frame: { id: string; data: Frame }, stream: HeldStream): void;
  /** Refused for good; nothing follows. */
  onFail(error: SignalboxClientError): void;
  onEnd?: (() => void) | undefined;
  onLink?: ((state: LinkState) => void) | undefined;
  clock: Clock;
  random: () => number;
}

/** Holds a stream over everything that passes, and tells a final refusal as the client's error with its own code. */
export function holdForService<Frame>(options: HoldForServiceOptions<Frame>): Stop {
  const { what, open, onFrame, onFail, onEnd, onLink } = options;
  let link: LinkState | null = null;
  let refusal: unknown = null;
  const linkIs = (next: LinkState) => {
    if (next === link) return;
    link = next;
    onLink?.(next);
  };
  const failed = (code: "unauthenticated" | "not-found") => {
    const told = refusal === null ? null : toClientError(refusal);
    const words = code === "unauthenticated" ? "the key is not accepted" : "it may not be read, or is not there";
    onFail(
      new SignalboxClientError(told?.code ?? code, `Can't follow ${what}: ${words}.`, {
        status: told?.status ?? null,
        details: told?.details ?? {},
        cause: refusal,
      }),
    );
  };
  const stream = holdStream<Frame>({
    open: (cursor, handlers) =>
      open(cursor, {
        ...handlers,
        onError(error) {
          refusal = error;
          handlers.onError(error);
        },
      }),
    after: options.after,
    onFrame(frame) {
      linkIs("live");
      refusal = null;
      onFrame(frame, stream);
    },
    onEvent({ type }) {
      if (type === "signed-out") failed("unauthenticated");
      else if (type === "gone") failed("not-found");
      else if (type !== "opened") linkIs("down");
    },
    onServerEnd: onEnd,
    clock: options.clock,
    random: options.random,
  });
  return () => stream.stop();
}
