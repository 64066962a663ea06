/** Structured logs as JSON lines on stderr. Keys and secrets are never given to it. */
import { pino, type Logger } from "pino";

export type { Logger } from "pino";

export function createLogger(): Logger {
  return pino({ name: "relay", base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}

/** The one plain line with which a process ends that can't go on. */
export function writeLastLine(text: string): void {
  process.stderr.write(`signalbox relay: ${text.replaceAll(/\s+/g, " ").trim()}\n`);
}
