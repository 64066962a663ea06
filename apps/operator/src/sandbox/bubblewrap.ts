/**
 * A sandbox by `@anthropic-ai/sandbox-runtime`: bubblewrap's namespaces, and a proxy as the only way out. One per process:
 * the library holds its state in its module, and takes the working directory for the workspace.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { SandboxManager } from "@anthropic-ai/sandbox-runtime";
import type { AgentCommand } from "../acp-client.ts";
import { createAllowList } from "./allow-list.ts";
import { watchPlainRequests } from "./plain-requests.ts";
import type { Sandbox, SandboxOptions } from "./sandbox.ts";

const NOT_ALLOWED = "not on the allow list";
const NOT_LOGGED = "the network log is full";

/** Writable by the library's own will; "only the workspace" means only the workspace. */
const NEVER_WRITTEN = ["/tmp/claude", "~/.npm/_logs", "~/.claude/debug"];

/** `deny network-outbound host:port (reason)`: what the library refused after we had let it through. */
const REFUSAL = /^deny network-outbound (.*):(\d+) \((.*)\)$/;

export async function openBubblewrap(options: SandboxOptions): Promise<Sandbox> {
  const { workspace, temporary, policy, passage, hidden, onRequest } = options;
  const allowList = createAllowList(policy.allowedDomains);
  const ruleOf = (host: string, port: number): string | null =>
    passage && host === passage.host && port === passage.port ? passage.name : allowList(host, port);
  process.chdir(workspace);
  const plain = watchPlainRequests();

  /** Asked for every request, since the library's own list is empty: what it decided by itself would not be heard of. */
  async function decide({ host, port = 0 }: { host: string; port: number | undefined }) {
    const rule = ruleOf(host, port);
    const isAllowed = rule !== null;
    const method = plain.methodOf(host, port);
    const shown = { host: host.slice(0, 300), port, ...(method === null ? {} : { method }) };
    const isLogged = onRequest(
      isAllowed
        ? { ...shown, decision: "allowed", reason: rule }
        : { ...shown, decision: "blocked", reason: NOT_ALLOWED },
    );
    if (isAllowed && isLogged) return true;
    return { allow: false as const, reason: isAllowed ? NOT_LOGGED : NOT_ALLOWED };
  }

  // Each refusal is told once, as the last of the list. Ours are written down already.
  const refusals = SandboxManager.getSandboxViolationStore();
  const stopListening = refusals.subscribe((all) => {
    const [, host, port, reason] = REFUSAL.exec(all.at(-1)?.line ?? "") ?? [];
    if (!host || !port || !reason || reason === NOT_ALLOWED || reason === NOT_LOGGED) return;
    onRequest({ host: host.slice(0, 300), port: Number(port), decision: "blocked", reason });
  });

  await SandboxManager.initialize(
    {
      network: { allowedDomains: [], deniedDomains: [] },
      filesystem: {
        denyRead: [...policy.denyRead.map(withHome), ...hidden],
        allowRead: [workspace, temporary],
        allowWrite: [workspace, temporary, ...policy.allowWrite.map(withHome)],
        denyWrite: NEVER_WRITTEN.map(withHome),
      },
    },
    decide,
  );

  return {
    async wrap({ command, args, env, cwd }: AgentCommand): Promise<AgentCommand> {
      const variables = {
        ...insideVariables([...policy.allowedDomains, ...(passage ? [passage.host] : [])]),
        TMPDIR: temporary,
      };
      const settings = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
      const inner = [...settings, "exec", quote(command), ...args.map(quote)].join(" ");
      // The id stands in the proxy's user name: without one it would be the command, in everybody's list of processes.
      const { argv } = await SandboxManager.wrapWithSandboxArgv(inner, "/bin/sh", undefined, undefined, cwd, {
        commandId: "agent",
      });
      const [shell, ...rest] = argv;
      if (shell === undefined) throw new Error("The sandbox gave no command.");
      return { command: shell, args: rest, env, cwd, isInShell: true };
    },
    async close() {
      stopListening();
      plain.stop();
      SandboxManager.cleanupAfterCommand();
      await SandboxManager.reset();
    },
  };
}

/** The sandbox has a loopback of its own; a host's is reached through the proxy, where the allow list names it. */
const OWN_LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** What the library does not set, or sets for sandboxes that leave private networks to themselves. */
function insideVariables(allowedDomains: readonly string[]): Record<string, string> {
  const outside = allowedDomains.map((rule) => rule.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
  const direct = OWN_LOOPBACK.filter((name) => !outside.includes(name)).join(",");
  // Node's own fetch asks no proxy unless it is told to.
  return { NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: "1" };
}

function withHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** For `/bin/sh`: nothing in single quotes means anything to it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
