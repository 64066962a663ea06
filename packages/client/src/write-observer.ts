import { POSITION_HEADER } from "@signalbox/catalog/http-headers";
import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";

/** A mutation of this client, while it is under way and when it ended. */
export interface OwnWrite {
  /** `plan.move` */
  path: string;
  input: unknown;
}

export interface WriteListener {
  began(write: OwnWrite): void;
  /** `answer`: the mutation's; `position`: the cursor after its signals, where the host told it. */
  succeeded(write: OwnWrite, result: { answer: unknown; position: string | null }): void;
  /** It failed, or nobody knows: the answer was lost. */
  failed(write: OwnWrite): void;
  /** Any query or mutation was answered: the host is there. */
  answered?(): void;
}

/** Where a page hears of its own writes, so that it need not read again what a mutation has just answered. */
export interface WriteObserver {
  listen(listener: WriteListener): () => void;
}

export function createWriteObserver(): WriteObserver & { link: <R extends AnyTRPCRouter>() => TRPCLink<R> } {
  const listeners = new Set<WriteListener>();
  return {
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    link:
      () =>
      () =>
      ({ op, next }) =>
        observable((observer) => {
          if (op.type === "subscription") return next(op).subscribe(observer);
          const answered = () => {
            for (const listener of listeners) listener.answered?.();
          };
          if (op.type === "query") {
            return next(op).subscribe({
              next(envelope) {
                observer.next(envelope);
                answered();
              },
              error: (error) => observer.error(error),
              complete: () => observer.complete(),
            });
          }
          const write: OwnWrite = { path: op.path, input: op.input };
          let isEnded = false;
          const failed = () => {
            if (!isEnded) for (const listener of listeners) listener.failed(write);
            isEnded = true;
          };
          for (const listener of listeners) listener.began(write);
          const subscription = next(op).subscribe({
            next(envelope) {
              if ("data" in envelope.result && !isEnded) {
                isEnded = true;
                const answer: unknown = envelope.result.data;
                const position = positionIn(envelope.context);
                for (const listener of listeners) listener.succeeded(write, { answer, position });
              }
              observer.next(envelope);
              answered();
            },
            error(error) {
              failed();
              observer.error(error);
            },
            complete() {
              failed();
              observer.complete();
            },
          });
          return () => {
            subscription.unsubscribe();
            failed();
          };
        }),
  };
}

function positionIn(context: Record<string, unknown> | undefined): string | null {
  const response = context?.["response"];
  return response instanceof Response ? response.headers.get(POSITION_HEADER) : null;
}
