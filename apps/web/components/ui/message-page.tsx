/** A page that says one thing: what happened, what is kept, what to do. */
import type { ReactNode } from "react";

export function MessagePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-[70dvh] max-w-lg flex-col justify-center px-6 py-12">
      <h1 className="text-title font-semibold">{title}</h1>
      <div className="mt-2 text-body text-soft">{children}</div>
    </main>
  );
}
