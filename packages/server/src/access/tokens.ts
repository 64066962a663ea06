/** Bearer secrets: shown once, kept only as a hash. The prefix tells leak scanners and people what a token is for. */
import { createHash, randomBytes } from "node:crypto";

export type TokenKind = "key" | "op" | "link";

export function makeToken(kind: TokenKind): { token: string; hash: string } {
  const token = `sbx_${kind}_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashToken(token) };
}

/** SHA-256 is enough for 256 random bits: there is nothing to guess. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The bearer token of an `Authorization` header, or null. */
export function bearerToken(authorization: string | null | undefined): string | null {
  const match = /^Bearer +(\S{1,200})$/i.exec(authorization ?? "");
  return match?.[1] ?? null;
}
