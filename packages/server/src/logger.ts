/** Structured logs on stderr: stdout is for what a person who starts the product reads. Secrets are redacted by name. */
import { pino, type Logger } from "pino";

export type { Logger } from "pino";

export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: ["authorization", "cookie", "token", "password", "*.authorization", "*.cookie", "*.token", "*.password"],
        censor: "[redacted]",
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
