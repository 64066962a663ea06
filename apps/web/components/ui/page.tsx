/** A page of lists or text: a title, what the place is for, and its content, no wider than one reads with ease. */
import type { ReactNode } from "react";

export function Page({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <div className="mx-auto w-full max-w-4xl px-6 py-6 max-sm:px-3 max-sm:py-4">
      <h1 className="text-title font-semibold">{title}</h1>
      <p className="mb-5 text-soft">{lead}</p>
      {children}
    </div>
  );
}
