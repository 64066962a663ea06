/** When a day begins in a workspace. Days that were captured before a change stay as they are. */
import { eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { SignalboxError } from "../errors.ts";
import { workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { isTimeZone } from "./calendar.ts";

/** Throws `bad-request` for a name that is no time zone. */
export async function setTimeZone(
  store: Store,
  workspaceId: string,
  zone: string,
): Promise<{ id: string; zone: string }> {
  if (!isTimeZone(zone)) {
    throw new SignalboxError("bad-request", `zone ${JSON.stringify(zone)} is no time zone: give an IANA name.`, {
      zone,
    });
  }
  await store.system((tx) => tx.update(workspace).set({ timeZone: zone }).where(eq(workspace.id, workspaceId)));
  return { id: workspaceId, zone };
}

/** The IANA name of the workspace's zone. */
export async function timeZoneOf(tx: Tx, scope: Scope): Promise<string> {
  const [found] = await tx
    .select({ timeZone: workspace.timeZone })
    .from(workspace)
    .where(eq(workspace.id, scope.workspaceId));
  return found?.timeZone ?? "UTC";
}
