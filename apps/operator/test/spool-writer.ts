/** Writes a turn's spool with as many deltas as asked for and dies without a word: `node spool-writer.ts <path> <deltas> <end>`. */
import { openSpool } from "../src/spool.ts";

const [path = "", deltas = "0", end = ""] = process.argv.slice(2);
const spool = openSpool(path, Date.now);
spool.append({ kind: "turn-start", agent: { profileId: "p" } });
for (let delta = 0; delta < Number(deltas); delta += 1) spool.append({ kind: "thought-delta", text: "word " });
if (end === "end") spool.append({ kind: "turn-end", outcome: "completed" });
process.exit(0);
