/** What stands around the sign-in forms: the name of the house, and a card. */
import type { ReactNode } from "react";

export function SignInFrame({ title, error, children }: { title: string; error: string | null; children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center px-5 py-12">
      <p className="mb-6 flex items-center gap-2 text-body font-semibold">
        <Mark />
        Signalbox
      </p>
      <h1 className="text-display font-semibold tracking-tight">{title}</h1>
      {error === null ? null : (
        <p
          role="alert"
          className="mt-4 rounded-md border border-line border-l-4 border-l-blocked bg-blocked-wash px-3 py-2"
        >
          {error}
        </p>
      )}
      <div className="mt-5">{children}</div>
    </main>
  );
}

function Mark() {
  return (
    <svg aria-hidden width="22" height="22" viewBox="0 0 32 32">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path d="M9 25V7" className="stroke-accent-ink" strokeWidth="2.5" strokeLinecap="round" />
      <path d="M9.5 13.5 25 8" className="stroke-accent-ink" strokeWidth="4" strokeLinecap="round" />
      <circle cx="9" cy="14" r="3" className="fill-accent-ink" />
    </svg>
  );
}
