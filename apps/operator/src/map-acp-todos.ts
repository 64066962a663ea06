/** Todo lists, as plans and todo tools write them: Claude, OpenCode, Codex, Gemini and the built-in agent. */
import { Todo } from "@signalbox/catalog/turn-entry";
import { isRecord, text } from "./json-value.ts";

const TODO_TOOLS = new Set(["todowrite", "todo_write", "write_todos", "update_todos", "update_plan", "todos"]);
const TODOS_MAX = 500;

/** The list inside the input of a known todo tool, else null. */
export function todosOfTool(toolName: string | undefined, input: unknown): unknown {
  if (!toolName || !TODO_TOOLS.has(toolName.toLowerCase()) || !isRecord(input)) return null;
  return input["todos"] ?? input["plan"] ?? null;
}

/** The todos, or null when this is no list of them. */
export function readTodos(value: unknown): Todo[] | null {
  if (!Array.isArray(value)) return null;
  const todos = value.slice(0, TODOS_MAX).map(readTodo);
  return todos.every((todo) => todo !== null) ? todos : null;
}

function readTodo(value: unknown): Todo | null {
  if (!isRecord(value)) return null;
  const content = text(value["content"]) ?? text(value["step"]) ?? text(value["description"]) ?? text(value["title"]);
  if (!content) return null;
  const parsed = Todo.safeParse({
    content,
    status: statusOf(value["status"]),
    priority: priorityOf(value["priority"]),
  });
  return parsed.success ? parsed.data : null;
}

function statusOf(value: unknown): string {
  if (value === "in_progress" || value === "in-progress" || value === "inProgress" || value === "active")
    return "in_progress";
  if (value === "completed" || value === "done" || value === "complete" || value === "cancelled") return "completed";
  return "pending";
}

function priorityOf(value: unknown): string {
  return value === "high" || value === "low" ? value : "medium";
}
