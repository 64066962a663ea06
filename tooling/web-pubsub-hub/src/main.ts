/** `node tooling/web-pubsub-hub/src/main.ts`: the stand-in as a process. Prints the connection string for the host. */
import { z } from "zod";
import { startHub } from "./hub.ts";

const Settings = z.object({
  WEB_PUBSUB_HUB_PORT: z.coerce.number().int().min(1).max(65_535).default(7080),
  WEB_PUBSUB_HUB_NAME: z.string().min(1).default("signalbox"),
  /** The access keys, separated by a comma; without them each start has new ones. */
  WEB_PUBSUB_HUB_KEYS: z.string().min(1).optional(),
  WEB_PUBSUB_HUB_HANDLER: z.url().default("http://127.0.0.1:3000/__/operator/events"),
});

const settings = Settings.safeParse(process.env);
if (settings.success) {
  const { data } = settings;
  const hub = await startHub({
    port: data.WEB_PUBSUB_HUB_PORT,
    hub: data.WEB_PUBSUB_HUB_NAME,
    handlerUrl: data.WEB_PUBSUB_HUB_HANDLER,
    ...(data.WEB_PUBSUB_HUB_KEYS ? { keys: data.WEB_PUBSUB_HUB_KEYS.split(",") } : {}),
  });
  process.stdout.write(`SIGNALBOX_WEB_PUBSUB='${hub.connectionString}'\n`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => void hub.close().then(() => process.exit(0)));
  }
} else {
  const [issue] = settings.error.issues;
  process.stderr.write(`${String(issue?.path[0])}: ${issue?.message ?? "not valid"}.\n`);
  process.exitCode = 1;
}
