/** The sign-in form. */
import { answerForm } from "../../../../lib/session-form.ts";

export function POST(request: Request): Promise<Response> {
  return answerForm(request, {
    endpoint: "/sign-in/email",
    body: (form) => ({ email: form.get("email") ?? "", password: form.get("password") ?? "" }),
    refused: (form, status) => {
      const back = new URLSearchParams({ error: status === 429 ? "too-many" : "credentials" });
      const next = form.get("next");
      if (next) back.set("next", next);
      return `/sign-in?${back}`;
    },
  });
}
