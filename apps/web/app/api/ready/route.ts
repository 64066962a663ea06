/** 200 when this host can do its work, else 503 naming what is down. */
import { getHost } from "@signalbox/server/host-slot";

export const dynamic = "force-dynamic";

export async function GET(): Promise<Response> {
  const down = await getHost().notReady();
  return Response.json(down.length === 0 ? { status: "ready" } : { status: "not-ready", down }, {
    status: down.length === 0 ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}
