"use client";
/** The files that a call was about, read beside the operator when one is opened: as they are there now. */
import { trpc } from "@signalbox/react/signalbox-provider";
import { FileSearch } from "lucide-react";
import { refusalOf } from "../../lib/refusal.ts";
import { CodeOutput } from "./code-output.tsx";

/** Shown at most; a call that touched more says so in its output. */
const SHOWN = 10;

export function TouchedFiles({ turnId, paths }: { turnId: string; paths: readonly string[] }) {
  return (
    <ul aria-label="Files" className="flex flex-col gap-1.5">
      {[...new Set(paths)].slice(0, SHOWN).map((path) => (
        <li key={path}>
          <TouchedFile turnId={turnId} path={path} />
        </li>
      ))}
    </ul>
  );
}

function TouchedFile({ turnId, path }: { turnId: string; path: string }) {
  const read = trpc.turn.readFile.useMutation();
  return (
    <div className="flex flex-col gap-1">
      <button
        type="button"
        disabled={read.isPending}
        onClick={() => read.mutate({ turnId, path })}
        title="Read it as it is now"
        className="press max-w-full justify-start self-start px-1.5 font-mono text-2xs font-normal text-soft hover:bg-hover hover:text-ink"
      >
        <FileSearch aria-hidden size={13} className="shrink-0" />
        <span className="truncate">{path}</span>
      </button>
      {read.data?.ok === true ? <Content {...read.data} /> : null}
      {read.data?.ok === false ? <p className="px-1.5 text-2xs text-soft">{read.data.message}</p> : null}
      {read.error ? <p className="px-1.5 text-2xs text-soft">{refusalOf(read.error).message}</p> : null}
    </div>
  );
}

function Content({ base64, size }: { base64: string; size: number }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  if (bytes.includes(0))
    return <p className="px-1.5 text-2xs text-soft">{size.toLocaleString("en")} bytes, no text.</p>;
  return (
    <div>
      <CodeOutput label="File" text={new TextDecoder().decode(bytes)} />
      {bytes.length < size ? (
        <p className="mt-0.5 text-2xs text-faint">
          The first {bytes.length.toLocaleString("en")} of {size.toLocaleString("en")} bytes.
        </p>
      ) : null}
    </div>
  );
}
