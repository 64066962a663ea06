/** A change to a file, line by line. A sign stands before each line, so that colour is not alone. */
import { useMemo } from "react";
import { diffLines, withContext } from "./diff-lines.ts";

const LOOK = { same: "text-soft", added: "bg-added-wash", removed: "bg-blocked-wash" } as const;
const SIGN = { same: " ", added: "+", removed: "−" } as const;
const CONTEXT_LINES = 3;

export function DiffView({ path, before, after }: { path: string; before: string; after: string }) {
  const lines = useMemo(() => withContext(diffLines(before, after), CONTEXT_LINES), [before, after]);
  return (
    <figure className="overflow-hidden rounded-md border border-line">
      <figcaption
        className="truncate border-b border-line bg-sunken px-2.5 py-1 font-mono text-2xs text-soft"
        title={path}
      >
        {path}
      </figcaption>
      {/* Reachable by Tab, so that it can be scrolled by keyboard. */}
      <pre
        tabIndex={0}
        aria-label={`Changes to ${path}`}
        className="max-h-80 overflow-auto py-1 font-mono text-2xs leading-4.5"
      >
        {lines.map((line, index) => (
          // Lines of a diff have no identity but their place.
          <div key={index} className={line ? `px-2.5 ${LOOK[line.kind]}` : "px-2.5 text-faint"}>
            {line ? `${SIGN[line.kind]} ${line.text}` : "⋯"}
          </div>
        ))}
      </pre>
    </figure>
  );
}
