/** Ends the session. */
import { answerForm } from "../../../../lib/session-form.ts";

export function POST(request: Request): Promise<Response> {
  return answerForm(request, { endpoint: "/sign-out", body: () => ({}), refused: () => "/sign-in" });
}
