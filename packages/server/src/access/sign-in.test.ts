import { SIGN_IN_LINK_MS } from "@signalbox/catalog/timing";
import { eq } from "drizzle-orm";
import { randomInt } from "node:crypto";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { cookieOf, post, signIn } from "../../test/http-host.ts";
import { apiKey, operator, session, signInLink } from "../store/schema.ts";
import { CLIENT_ADDRESS_HEADER } from "./auth.ts";
import { bearerToken, hashToken, makeToken } from "./tokens.ts";

const PASSWORD = "correct horse battery";

describeHosts("sign-in", (bed) => {
  /** Each from an address of its own: the limits count by address. */
  const from = (address = `198.51.${randomInt(256)}.${randomInt(256)}`) => ({ [CLIENT_ADDRESS_HEADER]: address });
  const emailOf = (person: { principal: { kind: string } }) => (person.principal as unknown as { email: string }).email;
  const tokenOf = async (personId: string) =>
    new URL(await bed.test.host.links.create(personId)).searchParams.get("token") ?? "";
  const redeem = (token: string, more: object = {}, headers = from()) =>
    post(bed.test.host, "/sign-in/link", { token, ...more }, headers);
  const byPassword = (email: string, password: string, headers = from()) =>
    post(bed.test.host, "/sign-in/email", { email, password }, headers);
  const whoIs = (cookie: string) => bed.test.host.access.authenticate(new Headers({ cookie }));

  it("works once by a link, which looking at does not use up", async () => {
    const { owner } = await bed.test.workspace();
    const token = await tokenOf(owner.id);
    for (let look = 0; look < 2; look++)
      expect(await bed.test.host.links.peek(token)).toEqual({ name: "owner", hasPassword: false });
    const response = await redeem(token);
    expect(response.status).toBe(200);
    expect(await whoIs(cookieOf(response))).toMatchObject({ kind: "person", personId: owner.id });
    expect((await redeem(token)).status).toBe(401);
    expect(await bed.test.host.links.peek(token)).toBeNull();
  });

  it("lets one alone of two use a link at the same instant", async () => {
    const { owner } = await bed.test.workspace();
    const token = await tokenOf(owner.id);
    const statuses = (await Promise.all([redeem(token), redeem(token), redeem(token)])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
  });

  it("refuses a link that is ten minutes old, and one that nobody made", async () => {
    const { owner } = await bed.test.workspace();
    const token = await tokenOf(owner.id);
    const [row] = await bed.opened.store.system((tx) =>
      tx
        .select()
        .from(signInLink)
        .where(eq(signInLink.tokenHash, hashToken(token))),
    );
    expect((row?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(SIGN_IN_LINK_MS);
    await bed.opened.store.system(async (tx) => {
      await tx
        .update(signInLink)
        .set({ expiresAt: new Date(Date.now() - 1) })
        .where(eq(signInLink.tokenHash, hashToken(token)));
    });
    expect(await bed.test.host.links.peek(token)).toBeNull();
    expect((await redeem(token)).status).toBe(401);
    expect((await redeem("sbx_link_none")).status).toBe(401);
    expect((await redeem("x".repeat(201))).status).toBe(400);
  });

  it("takes a password set by a link, and refuses a wrong one and an unknown person alike", async () => {
    const { owner } = await bed.test.workspace();
    const email = emailOf(owner);
    expect((await byPassword(email, PASSWORD)).status).toBe(401);
    const token = await tokenOf(owner.id);
    // Too short: refused before the link is used up.
    expect((await redeem(token, { password: "short" })).status).toBe(400);
    expect((await redeem(token, { password: PASSWORD })).status).toBe(200);
    expect(await bed.test.host.links.peek(await tokenOf(owner.id))).toEqual({ name: "owner", hasPassword: true });
    const response = await byPassword(email.toUpperCase(), PASSWORD);
    expect(response.status).toBe(200);
    expect(await whoIs(cookieOf(response))).toMatchObject({ personId: owner.id });
    const [wrong, unknown] = [
      await byPassword(email, "wrong password"),
      await byPassword("nobody@example.com", PASSWORD),
    ];
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.text()).toBe(await unknown.text());
    // Another link sets another password.
    await redeem(await tokenOf(owner.id), { password: "another password" });
    expect((await byPassword(email, PASSWORD)).status).toBe(401);
    expect((await byPassword(email, "another password")).status).toBe(200);
  });

  it("has no open sign-up", async () => {
    const response = await post(
      bed.test.host,
      "/sign-up/email",
      { email: "new@example.com", password: PASSWORD, name: "New" },
      from(),
    );
    expect(response.ok).toBe(false);
  });

  it("limits tries by address: the eleventh password in a minute is answered with 429, from elsewhere it is not", async () => {
    const { owner } = await bed.test.workspace();
    const here = from();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 11; attempt++)
      statuses.push((await byPassword(emailOf(owner), "wrong password", here)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect((await byPassword(emailOf(owner), "wrong password")).status).toBe(401);
  });

  it("sets a cookie that scripts can't read and other sites don't send, and Secure behind https", async () => {
    const { owner } = await bed.test.workspace();
    const [cookie] = (await redeem(await tokenOf(owner.id))).headers.getSetCookie();
    expect(cookie).toMatch(/^signalbox\.session_token=[^;]+;/);
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
    expect(cookie).not.toMatch(/;\s*Secure/i);
  });

  it("signs out: the session is gone, and its cookie with it", async () => {
    const { owner } = await bed.test.workspace();
    const cookie = await signIn(bed.test, owner.id);
    const before = await whoIs(cookie);
    expect(before).not.toBeNull();
    expect((await post(bed.test.host, "/sign-out", {}, { cookie, ...from() })).status).toBe(200);
    expect(await whoIs(cookie)).toBeNull();
    const sessionId = before?.kind === "person" ? before.sessionId : "";
    expect(await bed.opened.store.system((tx) => tx.select().from(session).where(eq(session.id, sessionId)))).toEqual(
      [],
    );
    expect(before && (await bed.test.host.access.recheck(before, "any"))).toBe("signed-out");
  });

  it("does not take a session that ran out, nor a cookie that was changed", async () => {
    const { owner } = await bed.test.workspace();
    const cookie = await signIn(bed.test, owner.id);
    expect(await whoIs(cookie.replace(/.(?=[^.]*$)/, (letter) => (letter === "A" ? "B" : "A")))).toBeNull();
    await bed.opened.store.system(async (tx) => {
      await tx
        .update(session)
        .set({ expiresAt: new Date(Date.now() - 1_000) })
        .where(eq(session.userId, owner.id));
    });
    expect(await whoIs(cookie)).toBeNull();
  });

  it("keeps of keys, tokens and links only their hash", async () => {
    const { id, owner } = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "member" });
    const { token } = await bed.test.host.operators.enroll({ workspaceId: id, name: "O" });
    const link = await tokenOf(owner.id);
    const stored = JSON.stringify(
      await bed.opened.store.system(async (tx) => [
        await tx.select().from(apiKey),
        await tx.select().from(operator),
        await tx.select().from(signInLink),
      ]),
    );
    for (const secret of [key, token, link]) {
      expect(stored).toContain(hashToken(secret));
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(secret.slice(8));
    }
  });

  it("an API key is for one workspace, and for none once it is revoked", async () => {
    const { id } = await bed.test.workspace();
    const other = await bed.test.workspace();
    const { key, id: keyId } = await bed.test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const { access } = bed.test.host;
    const authenticate = (authorization: string) => access.authenticate(new Headers({ authorization }));
    const principal = await authenticate(`Bearer ${key}`);
    if (!principal) throw new Error("the key is good");
    expect(principal).toEqual({ kind: "key", personId: keyId, name: "K", workspaceId: id, role: "viewer" });
    expect(await authenticate(`bearer  ${key}`)).toEqual(principal);
    expect(await access.forWorkspace(principal, id)).toMatchObject({
      workspaceId: id,
      personId: keyId,
      role: "viewer",
    });
    await expect(access.forWorkspace(principal, id, "member")).rejects.toMatchObject({ code: "forbidden" });
    await expect(access.forWorkspace(principal, other.id)).rejects.toMatchObject({ code: "not-found" });
    expect(await bed.test.host.workspaces.list(principal)).toEqual([{ id, name: "Team", role: "viewer" }]);
    await bed.test.host.workspaces.revokeKey(keyId);
    expect(await authenticate(`Bearer ${key}`)).toBeNull();
    await expect(bed.test.host.workspaces.revokeKey(keyId)).rejects.toMatchObject({ code: "not-found" });
  });
});

it("a token says what it is for, and is never the same", () => {
  const made = Array.from({ length: 100 }, () => makeToken("key"));
  expect(new Set(made.map(({ token }) => token)).size).toBe(100);
  for (const { token, hash } of made) {
    expect(token).toMatch(/^sbx_key_[\w-]{43}$/);
    expect(hash).toBe(hashToken(token));
  }
  expect(bearerToken("Bearer abc")).toBe("abc");
  for (const none of [null, undefined, "", "Bearer", "Bearer ", "Bearer a b", "Basic abc", `Bearer ${"x".repeat(201)}`])
    expect(bearerToken(none)).toBeNull();
});
