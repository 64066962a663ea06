/** Structured logs as JSON lines on stderr. The operator's token is never given to it. */
import pino, { type Logger } from "pino";

export type { Logger };

export function createLogger(name: string): Logger {
  return pino(
    { name, base: { pid: process.pid }, redact: ["token", "apiKey", "authorization", "*.token", "*.apiKey"] },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** The one plain line with which a process ends that can't go on. */
export function writeLastLine(text: string): void {
  process.stderr.write(`signalbox operator: ${text.replaceAll(/\s+/g, " ").trim()}\n`);
}
