/**
 * Empty files and folders that stand in a workspace while a sandbox is over it, and are left there when its runner was killed:
 * bubblewrap makes them to lay its masks on, so that what runs inside can't plant a shell's or an editor's settings. An
 * orderly end removes them by itself.
 */
import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

/** Relative to the workspace; what is in a folder comes before it. */
export const MOUNT_POINTS: readonly string[] = [
  ".bash_profile",
  ".bashrc",
  ".claude/agents",
  ".claude/commands",
  ".claude",
  ".gitconfig",
  ".gitmodules",
  ".idea",
  ".mcp.json",
  ".profile",
  ".ripgreprc",
  ".vscode",
  ".zprofile",
  ".zshrc",
];

/** Whether a file is nothing but such a place: of their names, and empty. */
export function isMountPoint(workspace: string, name: string): boolean {
  const found = MOUNT_POINTS.includes(name) ? lstatSync(join(workspace, name), { throwIfNoEntry: false }) : undefined;
  return found?.isFile() === true && found.size === 0;
}

/** Removes those that are still empty, but for what is somebody's own. The sandbox must have ended. */
export function removeMountPoints(workspace: string, own: readonly string[] = []): void {
  for (const name of MOUNT_POINTS.filter((one) => !own.includes(one))) {
    try {
      if (isMountPoint(workspace, name)) unlinkSync(join(workspace, name));
      else rmdirSync(join(workspace, name));
    } catch {
      // Not there, or not empty.
    }
  }
}
