"use client";
/** What an attempt changed, file by file; each opens by itself, also without JavaScript. A sign stands before each line. */
import type { DiffFile } from "@signalbox/catalog/attempt";
import { trpc } from "@signalbox/react/signalbox-provider";
import { ChevronRight } from "lucide-react";
import type { Attempt } from "../../lib/records.ts";

const CHANGES: Record<DiffFile["change"], string> = {
  added: "Added",
  modified: "Changed",
  deleted: "Deleted",
  renamed: "Renamed",
  retyped: "Became another kind of file",
};

export function AttemptDiff({ attempt }: { attempt: Attempt }) {
  const { data: diff } = trpc.attempt.diff.useQuery({ id: attempt.id });
  const { files, additions, deletions } = attempt.stats;
  return (
    <details className="mt-2">
      <summary className="cursor-pointer py-1 text-2xs pointer-coarse:py-3">
        {files === 1 ? "1 file changed" : `${files} files changed`}{" "}
        <Counts additions={additions} deletions={deletions} />
      </summary>
      {diff ? (
        <ul className="mt-1 flex flex-col gap-1">
          {diff.files.map((file) => (
            <li key={file.path}>
              <FileDiff file={file} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-2xs text-faint">The changes are not here yet.</p>
      )}
      {diff?.isCut ? <p className="mt-1 text-2xs text-faint">There is more than is shown here.</p> : null}
    </details>
  );
}

function FileDiff({ file }: { file: DiffFile }) {
  return (
    <details className="group/file overflow-hidden rounded-md border border-line">
      <summary className="flex min-h-8 cursor-pointer list-none flex-wrap items-center gap-x-2 bg-sunken px-2 py-1 text-2xs focus-visible:-outline-offset-2 pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={14} className="shrink-0 text-soft group-open/file:rotate-90" />
        <span className="min-w-0 font-mono wrap-anywhere">
          {file.oldPath ? `${file.oldPath} → ${file.path}` : file.path}
        </span>
        <span className="text-soft">{CHANGES[file.change]}</span>
        <Counts additions={file.additions} deletions={file.deletions} />
      </summary>
      {file.patch === null ? (
        <p className="px-2.5 py-1.5 text-2xs text-faint">
          {file.isBinary ? "A binary file." : "There are no lines to show here."}
        </p>
      ) : (
        // Reachable by Tab, so that it can be scrolled by keyboard.
        <pre
          tabIndex={0}
          aria-label={`Changes to ${file.path}`}
          className="max-h-96 overflow-auto border-t border-line py-1 font-mono focus-visible:-outline-offset-2 text-2xs leading-4.5"
        >
          {linesOf(file.patch).map((line, index) => (
            // Lines of a diff have no identity but their place.
            <div key={index} className={`w-max min-w-full px-2.5 ${lookOf(line)}`}>
              {line}
            </div>
          ))}
        </pre>
      )}
    </details>
  );
}

function Counts({ additions, deletions }: { additions: number; deletions: number }) {
  return (
    <span className="font-mono tabular-nums">
      +{additions} −{deletions}
    </span>
  );
}

function linesOf(patch: string): string[] {
  return (patch.endsWith("\n") ? patch.slice(0, -1) : patch).split("\n");
}

function lookOf(line: string): string {
  if (line.startsWith("+")) return "bg-added-wash";
  if (line.startsWith("-")) return "bg-blocked-wash";
  return line.startsWith("@@") ? "text-faint" : "text-soft";
}
