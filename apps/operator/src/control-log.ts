/** What the daemon tells a runner: stop, or a person's answer to a request. A file, so that it outlives both of them. */
import { appendFileSync, closeSync, openSync } from "node:fs";
import { z } from "zod";
import { completeLines } from "./complete-lines.ts";
import { watchGrowth } from "./file-growth.ts";

const ControlMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("stop") }),
  z.object({ type: z.literal("permission"), requestId: z.string(), optionId: z.string() }),
]);
export type ControlMessage = z.infer<typeof ControlMessage>;

/** Tells it once more if told twice: the runner takes the first of its kind. */
export function tellRunner(controlPath: string, message: ControlMessage): void {
  appendFileSync(controlPath, `${JSON.stringify(message)}\n`);
}

/** Calls back with every message, those from before included, in order. Returns the stop. */
export function followControl(controlPath: string, onMessage: (message: ControlMessage) => void): () => void {
  const fd = openSync(controlPath, "a+");
  let offset = 0;
  function readOn(): void {
    for (const line of completeLines(fd, offset)) {
      offset = line.end;
      const message = parseMessage(line.text);
      if (message) onMessage(message);
    }
  }
  const stop = watchGrowth(controlPath, readOn);
  readOn();
  return () => {
    stop();
    closeSync(fd);
  };
}

function parseMessage(text: string): ControlMessage | null {
  try {
    const parsed = ControlMessage.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
