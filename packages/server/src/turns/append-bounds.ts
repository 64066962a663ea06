/**
 * What an operator may send at once (O6). Its own side keeps to it; one that does not is refused before anything of it is
 * queued, so that no operator fills this process.
 */
import { APPEND_MAX_BYTES, ENTRY_MAX_BYTES, OPERATOR_APPENDS_IN_FLIGHT } from "@signalbox/catalog/bounds";
import type { AppendInput } from "@signalbox/catalog/operator-protocol";
import { SignalboxError } from "../errors.ts";
import { storable } from "../store/storable.ts";

/** Throws `too-large` for an entry or an append beyond its bound. The size of an entry is that of its JSON, in bytes. */
export function refuseOversized({ turnId, entries }: AppendInput): void {
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(JSON.stringify(storable(entry)));
    if (size > ENTRY_MAX_BYTES) {
      throw new SignalboxError(
        "too-large",
        `Entry ${entry.seq} of turn ${turnId} has more than ${ENTRY_MAX_BYTES} bytes.`,
        {
          turn: turnId,
          seq: entry.seq,
          maxBytes: ENTRY_MAX_BYTES,
        },
      );
    }
    bytes += size;
  }
  if (bytes > APPEND_MAX_BYTES) {
    throw new SignalboxError("too-large", `An append of turn ${turnId} has more than ${APPEND_MAX_BYTES} bytes.`, {
      turn: turnId,
      maxBytes: APPEND_MAX_BYTES,
    });
  }
}

export interface AppendsInFlight {
  /** Runs an append of this connection. Rejects with `too-many` while as many as are allowed are under way. */
  run<T>(connection: { operatorId: string; generation: number }, append: () => Promise<T>): Promise<T>;
}

/** Counted per connection: what an older one left under way is not held against the one that took over. */
export function createAppendsInFlight(): AppendsInFlight {
  const inFlight = new Map<string, number>();
  return {
    async run({ operatorId, generation }, append) {
      const key = `${operatorId} ${generation}`;
      const before = inFlight.get(key) ?? 0;
      if (before >= OPERATOR_APPENDS_IN_FLIGHT) {
        throw new SignalboxError("too-many", `At most ${OPERATOR_APPENDS_IN_FLIGHT} appends are under way at once.`, {
          operator: operatorId,
          maxAppends: OPERATOR_APPENDS_IN_FLIGHT,
        });
      }
      inFlight.set(key, before + 1);
      try {
        return await append();
      } finally {
        const now = (inFlight.get(key) ?? 1) - 1;
        if (now === 0) inFlight.delete(key);
        else inFlight.set(key, now);
      }
    },
  };
}
