/**
 * Sign-in: better-auth with email and password, sessions in the store. There is no open sign-up: a person comes by a
 * one-time link and sets a password there. Workspaces, members and keys are ours and live beside it.
 */
import { betterAuth } from "better-auth";
import { createAuthEndpoint, APIError } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { z } from "zod";
import { account, session, user, verification } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { Links } from "./links.ts";

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;

/** The header in which the host hands on whose address a request came from. A client's own is removed at the door. */
export const CLIENT_ADDRESS_HEADER = "x-signalbox-client-address";

export interface AuthOptions {
  store: Store;
  links: Links;
  url: string;
  secret: string;
  trustedOrigins: string[];
}

export type Auth = ReturnType<typeof createAuth>;

export function createAuth({ store, links, url, secret, trustedOrigins }: AuthOptions) {
  return betterAuth({
    appName: "Signalbox",
    baseURL: url,
    basePath: "/api/auth",
    secret,
    trustedOrigins,
    database: drizzleAdapter(store.db, { provider: "pg", schema: { user, session, account, verification } }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_MIN,
      maxPasswordLength: PASSWORD_MAX,
    },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 300,
      customRules: {
        "/sign-in/email": { window: 60, max: 10 },
        "/sign-in/link": { window: 60, max: 20 },
      },
    },
    advanced: {
      cookiePrefix: "signalbox",
      useSecureCookies: url.startsWith("https:"),
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER] },
    },
    telemetry: { enabled: false },
    logger: { level: "error" },
    plugins: [
      {
        id: "sign-in-link",
        endpoints: {
          signInLink: createAuthEndpoint(
            "/sign-in/link",
            {
              method: "POST",
              body: z.object({
                token: z.string().max(200),
                password: z.string().min(PASSWORD_MIN).max(PASSWORD_MAX).optional(),
              }),
            },
            async (ctx) => {
              const userId = await links.redeem(ctx.body.token);
              const found = userId ? await ctx.context.internalAdapter.findUserById(userId) : null;
              if (!found) throw new APIError("UNAUTHORIZED", { message: "This link was used before, or is too old." });
              if (ctx.body.password) {
                const password = await ctx.context.password.hash(ctx.body.password);
                const accounts = await ctx.context.internalAdapter.findAccounts(found.id);
                if (accounts.some((one) => one.providerId === "credential")) {
                  await ctx.context.internalAdapter.updatePassword(found.id, password);
                } else {
                  await ctx.context.internalAdapter.linkAccount({
                    userId: found.id,
                    providerId: "credential",
                    accountId: found.id,
                    password,
                  });
                }
              }
              const created = await ctx.context.internalAdapter.createSession(found.id);
              await setSessionCookie(ctx, { session: created, user: found });
              return ctx.json({ userId: found.id });
            },
          ),
        },
      },
    ],
  });
}
