/** Where a program is that a profile names: by its absolute path, or by its name in the folders of PATH. */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export interface Program {
  /** With links followed: another version behind the same name is another program. */
  path: string;
  changedAt: number;
}

/** Null: there is no such program, or it may not be executed. A relative path is none: it would depend on a folder. */
export function findProgram(command: string, searchPath: string): Program | null {
  if (isAbsolute(command)) return programAt(command);
  if (command.includes("/")) return null;
  for (const folder of searchPath.split(delimiter)) {
    const found = folder === "" ? null : programAt(join(folder, command));
    if (found) return found;
  }
  return null;
}

function programAt(path: string): Program | null {
  try {
    accessSync(path, constants.X_OK);
    const stats = statSync(path);
    return stats.isFile() ? { path: realpathSync(path), changedAt: stats.mtimeMs } : null;
  } catch {
    return null;
  }
}
