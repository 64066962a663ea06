/** When a day begins in a workspace. Days that were captured before a change stay as they are. */
import { eq } from "drizzle-orm";
import { SignalboxError } from "../errors.ts";
import { workspace } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
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
