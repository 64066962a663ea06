/** A one-time link is redeemed by this POST alone: looking at its page uses nothing up. */
import { answerForm } from "../../../../lib/session-form.ts";

export function POST(request: Request): Promise<Response> {
  return answerForm(request, {
    endpoint: "/sign-in/link",
    body: (form) => {
      const password = form.get("password");
      return { token: form.get("token") ?? "", ...(password ? { password } : {}) };
    },
    refused: (form, status) => {
      if (status === 429) return "/sign-in?error=too-many";
      // The link itself may still be good: only the password did not fit.
      if (status === 400) {
        return `/sign-in/link?${new URLSearchParams({ token: form.get("token") ?? "", error: "password" })}`;
      }
      return "/sign-in?error=link";
    },
  });
}
