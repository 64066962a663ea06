/** Why a sign-in did not work, from the code in the address. An unknown code gets words too. */
const WORDS: Readonly<Record<string, string>> = {
  credentials: "This email and password don't belong together. Check both and try again.",
  link: "This link was used before, or its ten minutes are over. Ask for a new one; nothing else was lost.",
  password: "The password is too short. Choose one of at least 8 characters.",
  "too-many": "Too many tries from here. Wait a minute, then try again.",
};

export function signInError(code: string | string[] | undefined): string | null {
  if (typeof code !== "string" || code === "") return null;
  return WORDS[code] ?? "That did not work. Try again.";
}
