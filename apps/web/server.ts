/**
 * The host process: one port for pages, API, streams and the operators' channel. It answers `/__/*` itself, with the raw
 * socket in hand; Next serves the rest. `--dev` runs Next in development mode.
 */
import { startHostProcess } from "./lib/host-process.ts";

await startHostProcess({ isDev: process.argv.includes("--dev") });
