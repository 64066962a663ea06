"use client";
/** A page that could not be shown. What went wrong stands in the server's log, under the digest. */
import { MessagePage } from "../components/ui/message-page.tsx";

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <MessagePage title="This page could not be shown">
      <p>Something went wrong on this side. Everything you saved is kept.</p>
      {error.digest ? <p className="mt-1 text-2xs text-faint">In the server's log: {error.digest}</p> : null}
      <button type="button" onClick={reset} className="press mt-5 border border-line-strong text-ink hover:bg-hover">
        Try again
      </button>
    </MessagePage>
  );
}
