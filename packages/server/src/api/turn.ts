/** The tracked subscription of one turn, as a typed procedure. `GET /__/turn` is answered by `stream-endpoint.ts`. */
import { tracked } from "@trpc/server";
import { z } from "zod";
import { frameOfTurn, streamTurn } from "../turns/stream.ts";
import { Id, LastEventId, LeaseId } from "../work/inputs.ts";
import { slotOf } from "./slot.ts";
import { procedure } from "./trpc.ts";

/** Never strict: tRPC merges `lastEventId` into it on each reconnect. */
export const TurnInput = z.object({
  turnId: Id,
  /** Adjacent deltas merged, as rule TU8 says. From a plain address: `rollup=true`. */
  rollup: z.union([z.boolean(), z.stringbool()]).optional(),
  leaseId: LeaseId,
  lastEventId: LastEventId,
});

export const turn = procedure.input(TurnInput).subscription(async function* ({ ctx, input, signal }) {
  const { host, principal } = ctx;
  const scope = await host.access.forRecord(principal, "turn", input.turnId);
  const recheck = () => host.access.recheck(principal, scope.workspaceId);
  const { slot, gone } = slotOf(host, { principal, kind: "turn", signal, recheck });
  const frames = streamTurn(host.turnLog, {
    turnId: input.turnId,
    epoch: host.store.epoch(),
    lastEventId: input.lastEventId,
    endedAt: () => host.turns.endedAt(scope, input.turnId),
    gone,
    slot,
    isRolledUp: input.rollup ?? false,
    recheck,
  });
  try {
    for await (const piece of frames) {
      const { cursor, frame } = frameOfTurn(piece);
      yield tracked(cursor, frame);
    }
  } finally {
    slot.release();
  }
});
