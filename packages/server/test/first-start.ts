/** A first start up to its services, in a process that can be killed at any moment: `node first-start.ts <folder>`. */
import { readConfig } from "../src/config.ts";
import { createHost } from "../src/host.ts";
import { createLogger } from "../src/logger.ts";
import { openStore } from "../src/store/open-store.ts";

const [folder = ""] = process.argv.slice(2);
const config = readConfig(folder, { SIGNALBOX_DATA_DIR: folder });
const host = await createHost({ config, store: await openStore(config), logger: createLogger("silent") });
const { id } = await host.workspaces.create("Team");
process.stdout.write(`ready ${id}\n`);
await host.close();
