/** People at their browsers, and the calls that a script makes with a person's cookie. */
import {
  expect,
  type APIRequestContext,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "@playwright/test";
import { randomBytes } from "node:crypto";
import type { ProductHost } from "./host.ts";

/** Follows a one-time link and presses its button, as a person does. */
export async function signIn(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: /sign in/i }).click();
  await page.waitForURL(/\/w\/[^/]+\/board/);
}

/** A browser of somebody's own, at an address of its own, signed in with a fresh link. */
export async function person(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const extraHTTPHeaders = { ...options.extraHTTPHeaders, "x-forwarded-for": ownAddress() };
  const context = await browser.newContext({ ...options, extraHTTPHeaders });
  const page = await context.newPage();
  await signIn(page, link);
  return { context, page };
}

/** An address that nobody else has: sign-ins are limited by the address from which they come. */
function ownAddress(): string {
  return ["10", ...randomBytes(3)].join(".");
}

/** The connection badge says that the stream is up. A host that was killed is waited for. */
export async function expectLive(page: Page): Promise<void> {
  await expect(page.locator("[data-connection]").first()).toHaveAttribute("data-connection", "live", {
    timeout: 30_000,
  });
}

export function workspaceOf(page: Page): string {
  const id = /\/w\/([^/]+)/.exec(page.url())?.[1];
  if (!id) throw new Error(`No workspace in ${page.url()}`);
  return id;
}

/** A member's link for a workspace: an address that nobody has yet makes a new person. */
export async function memberLink(
  host: ProductHost,
  workspaceId: string,
  email: string,
  role = "member",
): Promise<string> {
  const { link } = await host.signalbox("member", "add", "--workspace", workspaceId, "--email", email, "--role", role);
  if (!link) throw new Error("No link.");
  return link;
}

/** Calls a procedure with this browser's cookie; superjson in and out. */
export async function call<T>(
  request: APIRequestContext,
  host: Pick<ProductHost, "url">,
  procedure: string,
  input: object | undefined,
  kind: "query" | "mutation" = "query",
): Promise<T> {
  const address = `${host.url}/api/trpc/${procedure}`;
  const response =
    kind === "query"
      ? await request.get(input ? `${address}?input=${encodeURIComponent(JSON.stringify({ json: input }))}` : address)
      : await request.post(address, { data: { json: input }, headers: { origin: host.url } });
  const body = (await response.json()) as { result?: { data: { json: T } } };
  expect(response.ok(), `${procedure}: ${JSON.stringify(body)}`).toBe(true);
  if (!body.result) throw new Error(`${procedure} answered nothing.`);
  return body.result.data.json;
}

/** A fresh link for the owner of the demo workspace: the printed one is good for one sign-in. */
export function ownerLink(host: ProductHost): Promise<string> {
  return memberLink(host, "Demo", "owner@demo.signalbox.local", "owner");
}

export interface PlanRow {
  id: string;
  title: string;
  status: string;
  position: string;
}
