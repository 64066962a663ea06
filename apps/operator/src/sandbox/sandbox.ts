/**
 * What holds an agent's process. An implementation turns a command into one that runs inside, asks before each request that
 * leaves, and takes everything down again. The turn knows nothing of how it is done.
 */
import type { AgentCommand } from "../acp-client.ts";
import type { SandboxPolicy, SandboxRequest } from "@signalbox/catalog/sandbox-entry";

/** An address of this machine that is let through whatever the policy says: something of ours that the agent is meant to reach. */
export interface SandboxPassage {
  host: string;
  port: number;
  /** What it is, for the log. */
  name: string;
}

export interface SandboxOptions {
  /** The folder that may be written. Absolute. */
  workspace: string;
  /** A folder for temporary files, of this sandbox alone. */
  temporary: string;
  policy: SandboxPolicy;
  passage: SandboxPassage | null;
  /** Folders that can't be read whatever the policy says, but for workspace and temporary folder in them. Absolute. */
  hidden: readonly string[];
  /** Called before a request is let through, and for each that is not. False: it could not be written down, so it is blocked. */
  onRequest(request: Omit<SandboxRequest, "kind">): boolean;
}

export interface Sandbox {
  /** The command that runs this one inside. It may be started several times. */
  wrap(command: AgentCommand): Promise<AgentCommand>;
  /** What runs inside must have ended. */
  close(): Promise<void>;
}
