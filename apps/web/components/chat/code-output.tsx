"use client";
/** Output as it came, in mono, at its newest end. Escape sequences of terminals are left out. */
import { useLayoutEffect, useRef } from "react";

interface CodeOutputProps {
  label: string;
  text: string;
  /** Follows its end while it grows. */
  isGrowing?: boolean;
}

export function CodeOutput({ label, text, isGrowing = false }: CodeOutputProps) {
  const box = useRef<HTMLPreElement>(null);
  useLayoutEffect(() => {
    if (isGrowing && text !== "" && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text, isGrowing]);
  return (
    // Reachable by Tab, so that it can be scrolled by keyboard.
    <pre
      ref={box}
      tabIndex={0}
      aria-label={label}
      className="max-h-72 overflow-auto rounded-md border border-line bg-sunken px-2.5 py-2 font-mono text-2xs leading-4.5 wrap-anywhere whitespace-pre-wrap"
    >
      {plain(text)}
    </pre>
  );
}

/** CSI and OSC sequences: colours and cursor moves that mean nothing here. */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?)/gu;

function plain(text: string): string {
  return text.replaceAll(ESCAPES, "").replaceAll("\r\n", "\n");
}
