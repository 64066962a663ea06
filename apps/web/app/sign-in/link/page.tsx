/** Signing in by a one-time link. Opening it changes nothing, so that previews don't use it up: the button does. */
import type { Metadata } from "next";
import Link from "next/link";
import { SignInFrame } from "../../../components/ui/sign-in-frame.tsx";
import { peekLink } from "../../../lib/host.ts";
import { signInError } from "../../../lib/sign-in-errors.ts";

export const metadata: Metadata = { title: "Sign in by link" };

export default async function SignInLinkPage({ searchParams }: PageProps<"/sign-in/link">) {
  const { token, error, new: isNew } = await searchParams;
  const person = typeof token === "string" ? await peekLink(token) : null;
  if (typeof token !== "string" || !person) {
    return (
      <SignInFrame title="Sign in by link" error={signInError("link")}>
        <Link href="/sign-in" className="text-accent underline">
          Sign in with a password
        </Link>
      </SignInFrame>
    );
  }
  return (
    <SignInFrame title={`Welcome, ${person.name}`} error={signInError(error)}>
      <form method="post" action="/api/session/link" className="flex flex-col gap-4">
        <input type="hidden" name="token" value={token} />
        {isNew === "1" || !person.hasPassword ? (
          <label className="flex flex-col gap-1 font-medium">
            Choose a password
            <input
              type="password"
              name="password"
              required={isNew === "1"}
              minLength={8}
              maxLength={128}
              autoComplete="new-password"
              aria-describedby="password-hint"
              className="field font-normal"
            />
            <span id="password-hint" className="font-normal text-soft">
              At least 8 characters. You sign in with it from now on
              {isNew === "1" ? "." : "; without one you need a new link each time."}
            </span>
          </label>
        ) : (
          <p className="text-body text-soft">This link signs you in once.</p>
        )}
        <button type="submit" className="press min-h-10 bg-accent text-body text-accent-ink">
          Sign in
        </button>
      </form>
    </SignInFrame>
  );
}
