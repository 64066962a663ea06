/** The agent's list of what it is about to do, and how far it is. */
import type { Todo } from "@signalbox/catalog/turn-entry";
import { Circle, CircleCheck, CircleDot } from "lucide-react";

const MARKS = {
  pending: { Icon: Circle, look: "text-faint", word: "To do" },
  in_progress: { Icon: CircleDot, look: "text-progress", word: "In progress" },
  completed: { Icon: CircleCheck, look: "text-complete", word: "Done" },
} as const;

export function TodoList({ todos }: { todos: readonly Todo[] }) {
  const done = todos.filter((todo) => todo.status === "completed").length;
  return (
    <section aria-label="Todos" className="rounded-md border border-line bg-surface px-3 py-2">
      <p className="text-2xs font-medium text-faint">
        Todos, {done} of {todos.length} done
      </p>
      <ul className="mt-1 flex flex-col gap-0.5">
        {todos.map((todo, index) => {
          const { Icon, look, word } = MARKS[todo.status];
          return (
            // The list is replaced as a whole: an item's place is its identity.
            <li key={index} className="flex items-start gap-2">
              <Icon aria-hidden size={14} className={`mt-[3px] shrink-0 ${look}`} />
              <span className={`min-w-0 wrap-anywhere ${todo.status === "completed" ? "text-faint" : ""}`}>
                <span className="sr-only">{word}: </span>
                {todo.content}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
