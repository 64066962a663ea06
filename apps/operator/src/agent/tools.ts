/** The tools of the built-in agent. Those that change something ask first, where there is somebody to ask. */
import { tool } from "ai";
import { z } from "zod";
import { COMMAND_TIMEOUT_MAX_MS, COMMAND_TIMEOUT_MS, runCommand } from "./run-command.ts";
import type { Workspace } from "./workspace.ts";

const Path = z.string().min(1).max(1_000).describe("relative to the workspace folder");

const TodoInput = z.object({
  content: z.string().min(1).max(500),
  status: z.enum(["pending", "in_progress", "completed"]),
  priority: z.enum(["high", "medium", "low"]).optional(),
});
export type TodoInput = z.infer<typeof TodoInput>;

export interface ToolHost {
  workspace: Workspace;
  commandEnvironment: Record<string, string>;
  /** Resolves when the call may go on; throws a sentence for the model when the person said no. */
  ask(call: { callId: string; kind: "execute" | "edit"; title: string; input: unknown }): Promise<void>;
  showTodos(todos: TodoInput[]): Promise<void>;
}

export type ToolKind = "read" | "edit" | "execute" | "think";

export const TOOL_KINDS: Record<string, ToolKind> = {
  list_files: "read",
  read_file: "read",
  write_file: "edit",
  run_command: "execute",
  todos: "think",
};

/** What a person reads as the call's title. */
export function toolTitle(name: string, input: unknown): string {
  const values: { path?: unknown; command?: unknown } = typeof input === "object" && input !== null ? input : {};
  const path = typeof values.path === "string" ? values.path : "";
  switch (name) {
    case "list_files":
      return path && path !== "." ? `List ${path}` : "List the files";
    case "read_file":
      return `Read ${path || "a file"}`;
    case "write_file":
      return `Write ${path || "a file"}`;
    case "run_command":
      return typeof values.command === "string" ? values.command.slice(0, 500) : "Run a command";
    case "todos":
      return "Update the plan";
    default:
      return name;
  }
}

export function createTools({ workspace, commandEnvironment, ask, showTodos }: ToolHost) {
  return {
    list_files: tool({
      description: "Lists the files of the workspace, or of a folder in it, with their sizes.",
      inputSchema: z.object({ path: Path.default(".") }),
      execute: ({ path }) => workspace.list(path),
    }),
    read_file: tool({
      description: "Reads a text file of the workspace, at most its first 64 KiB.",
      inputSchema: z.object({ path: Path }),
      execute: ({ path }) => workspace.read(path),
    }),
    write_file: tool({
      description: "Writes a text file in the workspace, replacing what is there.",
      inputSchema: z.object({ path: Path, content: z.string() }),
      execute: async (input, { toolCallId }) => {
        await ask({ callId: toolCallId, kind: "edit", title: toolTitle("write_file", input), input });
        return workspace.write(input.path, input.content);
      },
    }),
    run_command: tool({
      description: "Runs a shell command in the workspace folder. Output beyond 32 KiB per stream is dropped.",
      inputSchema: z.object({
        command: z.string().min(1).max(10_000),
        timeoutMs: z.number().int().min(1).max(COMMAND_TIMEOUT_MAX_MS).default(COMMAND_TIMEOUT_MS),
      }),
      execute: async (input, { toolCallId, abortSignal }) => {
        await ask({ callId: toolCallId, kind: "execute", title: toolTitle("run_command", input), input });
        return runCommand({
          command: input.command,
          cwd: workspace.root,
          env: commandEnvironment,
          timeoutMs: input.timeoutMs,
          signal: abortSignal ?? new AbortController().signal,
        });
      },
    }),
    todos: tool({
      description: "Shows your plan as a list of todos. Call it at the start and whenever a step begins or is done.",
      inputSchema: z.object({ todos: z.array(TodoInput).max(50) }),
      execute: async ({ todos }) => {
        await showTodos(todos);
        return { count: todos.length };
      },
    }),
  };
}
