/** `node host-process.ts <folder> <database>`: a host as a process of its own, so that it can be killed. Prints its address. */
import { startRealHost } from "./real-host.ts";

const [folder = "", databaseUrl = ""] = process.argv.slice(2);
const { url } = await startRealHost({ folder, port: 0, databaseUrl });
process.stdout.write(`${url}\n`);
