/** Signing in with email and password: a plain form, which works without JavaScript. */
import type { Metadata } from "next";
import { SignInFrame } from "../../components/ui/sign-in-frame.tsx";
import { signInError } from "../../lib/sign-in-errors.ts";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: PageProps<"/sign-in">) {
  const { next, error } = await searchParams;
  return (
    <SignInFrame title="Sign in" error={signInError(error)}>
      <form method="post" action="/api/session/sign-in" className="flex flex-col gap-4">
        <label className="flex flex-col gap-1 font-medium">
          Email
          <input type="email" name="email" required autoComplete="username" className="field font-normal" />
        </label>
        <label className="flex flex-col gap-1 font-medium">
          Password
          <input
            type="password"
            name="password"
            required
            autoComplete="current-password"
            className="field font-normal"
          />
        </label>
        {typeof next === "string" ? <input type="hidden" name="next" value={next} /> : null}
        <button type="submit" className="press min-h-10 bg-accent text-body text-accent-ink">
          Sign in
        </button>
      </form>
      <p className="mt-5 text-soft">
        New here? There is no sign-up: an owner of your workspace sends you a link, and you choose a password with it.
      </p>
    </SignInFrame>
  );
}
