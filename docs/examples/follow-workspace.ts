/**
 * Follows a workspace: prints a line for each change, and the words of each agent's turn once it has ended. The position
 * is kept in a file after each line, so that a restart of this process or of the host neither misses nor repeats one.
 *
 *   SIGNALBOX_HOST_URL=http://127.0.0.1:3000 SIGNALBOX_API_KEY=sbx_key_… node follow-workspace.ts [cursor-file]
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { createServiceClient } from "@signalbox/client";
import { isSignalboxClientError } from "@signalbox/client/client-error";

const url = process.env["SIGNALBOX_HOST_URL"] ?? "http://127.0.0.1:3000";
const apiKey = process.env["SIGNALBOX_API_KEY"] ?? "";
const cursorFile = process.argv[2] ?? "follow-workspace.cursor";

const client = createServiceClient({ url, apiKey });
const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());

try {
  await follow(await readFile(cursorFile, "utf8").catch(() => null));
} catch (error) {
  if (!isSignalboxClientError(error)) throw error;
  if (error.code !== "aborted") {
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  }
}

async function follow(after: string | null): Promise<void> {
  const [workspace] = await client.workspace.list.query(undefined, { signal: stopping.signal });
  if (!workspace) throw new Error("This key opens no workspace.");
  const signals = client.signals({
    workspaceId: workspace.id,
    after,
    signal: stopping.signal,
    onPosition: keep,
    // What happened in between is gone: read again whatever was derived from signals. Here that is nothing.
    onResync: ({ reason }) => print({ resync: reason }),
    onLink: (state) => console.error(`${workspace.name}: ${state}`),
  });
  for await (const signal of signals) {
    print({ name: signal.name, ids: signal.ids });
    if (signal.name === "run.finished" && signal.ids["turn"]) await printTurn(signal.ids["turn"]);
    await keep(signal.cursor);
  }
}

async function printTurn(turnId: string): Promise<void> {
  let text = "";
  let outcome = "";
  for await (const entry of client.turn(turnId, { signal: stopping.signal })) {
    if (entry.kind === "text-delta" && entry.role === "assistant") text += entry.text;
    if (entry.kind === "turn-end") outcome = entry.outcome;
  }
  print({ turnId, outcome, text });
}

async function keep(cursor: string): Promise<void> {
  await writeFile(`${cursorFile}.new`, cursor);
  await rename(`${cursorFile}.new`, cursorFile);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
