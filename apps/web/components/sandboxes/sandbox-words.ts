/** What is said of a sandbox in a few words. */
import type { SandboxKind, SandboxState } from "@signalbox/catalog/sandbox-entry";

export function stateWord(state: SandboxState): string {
  switch (state) {
    case "starting":
      return "Starting";
    case "up":
      return "Up";
    case "stopped":
      return "Stopped";
    case "failed":
      return "Failed";
  }
}

export function kindWords(kind: SandboxKind): string {
  return kind === "none" ? "Runs without a sandbox" : "In a sandbox";
}
