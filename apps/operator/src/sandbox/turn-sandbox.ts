/**
 * The sandbox of one turn, from the first entry of its log to the last: comes up, holds the turn's agent, writes down what
 * goes out, and ends. Where none can come up and none was asked to be done without, it is refused with the reason.
 */
import { mkdirSync, rmSync } from "node:fs";
import { relative } from "node:path";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import type { AgentCommand } from "../acp-client.ts";
import type { Logger } from "../logger.ts";
import type { TurnFolder } from "../turn-folder.ts";
import { failed, type Ending } from "../turn-outcome.ts";
import type { Sandbox, SandboxPassage } from "./sandbox.ts";
import { openSandboxLog } from "./sandbox-log.ts";
import type { SandboxPlan } from "./sandbox-settings.ts";

export interface TurnSandboxOptions {
  operatorDir: string;
  folder: TurnFolder;
  plan: SandboxPlan;
  /** More that can't be read inside: folders that hold what is nobody's business there. Absolute. */
  hidden: readonly string[];
  log: Logger;
  now(): number;
}

export interface TurnSandbox {
  /**
   * Brings it up over this folder. Answers with the turn's entry that says so, or with why the turn can't run; then there is
   * nothing to wrap.
   */
  open(workspace: string, passage: SandboxPassage | null): Promise<{ entry: TurnEntry } | { refused: Ending }>;
  wrap(command: AgentCommand): Promise<AgentCommand>;
  /** The agent is gone. */
  close(): Promise<void>;
}

const HOW_TO_GO_ON =
  "Install bubblewrap, socat and ripgrep beside the operator, or tell it to run this agent without a sandbox " +
  "(its documentation says how). Nothing was started.";

export function createTurnSandbox({ operatorDir, folder, plan, hidden, log, now }: TurnSandboxOptions): TurnSandbox {
  const spool = openSandboxLog(folder.sandboxEntries, now);
  let sandbox: Sandbox | null = null;

  return {
    async open(workspace, passage) {
      spool.start({
        sandbox: plan.kind === "none" ? "none" : "bubblewrap",
        folder: relative(operatorDir, workspace),
        policy: plan.policy,
        ...(plan.kind === "none" && { reason: plan.reason }),
      });
      if (plan.kind === "missing") {
        spool.end("failed", plan.reason);
        return {
          refused: failed("sandbox-missing", `This agent runs only in a sandbox. ${plan.reason} ${HOW_TO_GO_ON}`),
        };
      }
      if (plan.kind === "none") {
        spool.up();
        return { entry: { kind: "sandbox", sandbox: plan.kind, reason: plan.reason } };
      }
      mkdirSync(folder.temporary, { recursive: true });
      try {
        // Loaded where it is needed: it is large, and does nothing on a machine without bubblewrap.
        const { openBubblewrap } = await import("./bubblewrap.ts");
        sandbox = await openBubblewrap({
          workspace,
          temporary: folder.temporary,
          policy: plan.policy,
          passage,
          hidden: [operatorDir, ...hidden],
          onRequest: spool.request,
        });
      } catch (error) {
        log.error({ err: error }, "the sandbox did not come up");
        const reason = error instanceof Error ? error.message : String(error);
        spool.end("failed", reason.slice(0, 500));
        return {
          refused: failed(
            "sandbox-failed",
            `The sandbox did not come up, so nothing was started. ${reason}`.slice(0, 1_000),
          ),
        };
      }
      spool.up();
      return { entry: { kind: "sandbox", sandbox: plan.kind } };
    },
    wrap: async (command) => (sandbox ? sandbox.wrap(command) : command),
    async close() {
      try {
        await sandbox?.close();
        rmSync(folder.temporary, { recursive: true, force: true });
        spool.end("stopped");
      } catch (error) {
        log.warn({ err: error }, "the sandbox was not taken down in order; its log is ended by the daemon");
      } finally {
        spool.close();
      }
    },
  };
}
