/** One-time sign-in links: single use, ten minutes, redeemed by a POST. The store has only their hash. */
import { SIGN_IN_LINK_MS } from "@signalbox/catalog/timing";
import { and, eq, gt, isNull, lt } from "drizzle-orm";
import { account, signInLink, user } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { hashToken, makeToken } from "./tokens.ts";

export interface Links {
  /** The address that signs this person in once. */
  create(userId: string): Promise<string>;
  /** Whom an unused link is for, without using it. */
  peek(token: string): Promise<{ name: string; hasPassword: boolean } | null>;
  /** Uses a link up and tells whom it was for; null for one that is unknown, used or too old. */
  redeem(token: string): Promise<string | null>;
}

export function createLinks(store: Store, url: string): Links {
  const valid = (token: string) =>
    and(eq(signInLink.tokenHash, hashToken(token)), isNull(signInLink.usedAt), gt(signInLink.expiresAt, new Date()));
  return {
    create: (userId) =>
      store.system(async (tx) => {
        const { token, hash } = makeToken("link");
        await tx.delete(signInLink).where(lt(signInLink.expiresAt, new Date()));
        await tx
          .insert(signInLink)
          .values({ tokenHash: hash, userId, expiresAt: new Date(Date.now() + SIGN_IN_LINK_MS) });
        return `${url}/sign-in/link?token=${token}`;
      }),
    peek: (token) =>
      store.system(async (tx) => {
        const [found] = await tx
          .select({ name: user.name, accountId: account.id })
          .from(signInLink)
          .innerJoin(user, eq(user.id, signInLink.userId))
          .leftJoin(account, and(eq(account.userId, user.id), eq(account.providerId, "credential")))
          .where(valid(token));
        return found ? { name: found.name, hasPassword: found.accountId !== null } : null;
      }),
    redeem: (token) =>
      store.system(async (tx) => {
        const [used] = await tx
          .update(signInLink)
          .set({ usedAt: new Date() })
          .where(valid(token))
          .returning({ userId: signInLink.userId });
        return used?.userId ?? null;
      }),
  };
}
