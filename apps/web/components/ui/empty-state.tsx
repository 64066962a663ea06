/** A place with nothing in it yet: it says so, and teaches the first action. */
import type { ReactNode } from "react";

export function EmptyState({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed border-line-strong px-6 py-10 text-center">
      <p className="text-body font-semibold">{title}</p>
      <div className="mx-auto mt-1 max-w-[60ch] text-body text-soft">{children}</div>
    </div>
  );
}
