/** The operator's own programs, which it starts as processes: beside this file, as source or as built. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

export function ownScript(name: "runner" | "probe" | "agent/main"): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
}
