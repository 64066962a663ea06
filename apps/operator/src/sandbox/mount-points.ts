/**
 * Empty files and folders that a sandbox leaves in its workspace when its runner was killed: bubblewrap makes them to lay its
 * masks on, so that what runs inside can't plant a shell's or an editor's settings. An orderly end removes them by itself.
 */
import { readdirSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";

const MASKED = [
  ".bash_profile",
  ".bashrc",
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

/** Removes those that are still empty. What has content is somebody's. */
export function removeMountPoints(workspace: string): void {
  for (const name of MASKED) removeEmpty(join(workspace, name));
}

function removeEmpty(path: string): void {
  try {
    const found = statSync(path);
    if (found.isFile() && found.size === 0) unlinkSync(path);
    if (!found.isDirectory()) return;
    for (const name of readdirSync(path)) removeEmpty(join(path, name));
    rmdirSync(path);
  } catch {
    // Not there, or not empty.
  }
}
