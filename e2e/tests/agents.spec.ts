import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { call, expectLive, memberLink, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";
import { expectState } from "../support/turns.ts";
import type { Locator, Page } from "@playwright/test";

/** The built-in agent, started as anybody's agent would be. */
const AGENT = join(import.meta.dirname, "../../apps/operator/src/agent/main.ts");

const FLOODING_AGENT = join(import.meta.dirname, "../support/flooding-agent.mjs");

function row(page: Page, name: string): Locator {
  return page.locator("li[data-agent-id]").filter({ has: page.getByRole("heading", { name }) });
}

async function addProfile(page: Page, fields: Record<string, string>): Promise<void> {
  await page.getByRole("button", { name: "New profile" }).click();
  const form = page.getByRole("form", { name: "New agent profile" });
  for (const [label, value] of Object.entries(fields)) await form.getByLabel(label, { exact: true }).fill(value);
  await form.getByRole("button", { name: "Add profile" }).click();
  await expect(form).toBeHidden();
}

test("a profile is in every tab at once, and runs only where the operator's owner allowed its command line", async ({
  browser,
  host,
}) => {
  const owner = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(owner.page);
  const agents = `${host.url}/w/${workspaceId}/agents`;
  await owner.page.goto(agents);
  await expect(row(owner.page, "Built-in agent").getByText("Ready")).toBeVisible();
  const member = await person(browser, await memberLink(host, workspaceId, "agents@example.com"));
  await member.page.goto(agents);
  await expectLive(member.page);

  await addProfile(owner.page, { Name: "Second agent", Command: process.execPath, Arguments: AGENT });
  const seen = row(member.page, "Second agent");
  await expect(seen.getByText("Not allowed")).toBeVisible();
  await seen.getByText("How to allow it").click();
  const line = await seen.getByLabel("The line to add").innerText();

  // Here it may run on a machine without bubblewrap too.
  const allowance = { ...(JSON.parse(line) as object), sandbox: { mode: "preferred" } };
  await writeFile(join(host.dataDir, "operator", "allowed-agents.json"), JSON.stringify([allowance]));
  const form = member.page.getByRole("form", { name: "Change Second agent" });
  await seen.getByRole("button", { name: "Change Second agent" }).click();
  await form.getByLabel("Name", { exact: true }).fill("Our agent");
  await form.getByRole("button", { name: "Save" }).click();
  // Both tabs, and with what the agent said of itself.
  for (const { page } of [owner, member]) {
    await expect(row(page, "Our agent").getByText("Ready")).toBeVisible();
    await expect(row(page, "Our agent").getByText(/signalbox-demo-agent/)).toBeVisible();
  }

  await row(owner.page, "Our agent").getByRole("button", { name: "Remove Our agent" }).click();
  await owner.page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(row(member.page, "Our agent")).toBeHidden();
  await Promise.all([owner.context.close(), member.context.close()]);
});

test("an agent that asks waits for a person, visibly, and an answer given with always holds in its chat", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await page.goto(`${host.url}/w/${workspaceId}/agents`);
  await addProfile(page, { Name: "Careful", Command: "signalbox-agent" });
  await expect(row(page, "Careful").getByText("Ready")).toBeVisible();

  const plan = await call<PlanRow>(page.request, host, "plan.create", { workspaceId, title: "With care" }, "mutation");
  await page.goto(`${host.url}/w/${workspaceId}/plans/${plan.id}?tab=chat`);
  await page.getByRole("button", { name: /^Agent: / }).click();
  await page.getByRole("menuitemradio", { name: /Careful/ }).click();
  const send = async (prompt: string): Promise<Locator> => {
    await page.getByRole("textbox", { name: "Message" }).fill(prompt);
    await page.getByRole("button", { name: "Send" }).click();
    return page.locator("[data-turn-id]").last();
  };

  const first = await send("Look around and write a note");
  const card = first.locator("[data-permission]").last();
  await expect(card.getByRole("button")).toHaveText(["Allow", "Always in this chat", "Reject"]);
  await page.getByRole("button", { name: /^Command Center/ }).click();
  await expect(page.getByRole("dialog").getByText("Waits for an answer")).toBeVisible();
  await page.keyboard.press("Escape");

  // One for its command, one for its write.
  for (let answered = 0; answered < 2; answered++) {
    const always = first.getByRole("button", { name: "Always in this chat" });
    await always.click();
    await expect(first.getByText("Answered: Always in this chat.")).toHaveCount(answered + 1);
  }
  await expectState(first, "completed");

  const second = await send("Look around once more");
  await expectState(second, "completed");
  await expect(second.getByText("Answered as before in this chat: Allow.").first()).toBeVisible();
  await expect(second.getByRole("button", { name: "Always in this chat" })).toHaveCount(0);
  await context.close();
});

test("output that was cut is shown whole when somebody asks, and a file as it is in the agent's folder and nowhere else", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const line = { command: process.execPath, args: [FLOODING_AGENT] };
  await writeFile(
    join(host.dataDir, "operator", "allowed-agents.json"),
    JSON.stringify([{ ...line, sandbox: { mode: "preferred" } }]),
  );
  const { id: profileId } = await call<{ id: string }>(
    page.request,
    host,
    "agentProfile.create",
    { workspaceId, name: "Flooding", ...line },
    "mutation",
  );
  const plan = await call<PlanRow>(
    page.request,
    host,
    "plan.create",
    { workspaceId, title: "Much to say" },
    "mutation",
  );
  const chat = await call<{ id: string }>(page.request, host, "chat.create", { planId: plan.id }, "mutation");
  await call(page.request, host, "turn.start", { chatId: chat.id, prompt: "Go", profileId }, "mutation");

  await page.goto(`${host.url}/w/${workspaceId}/plans/${plan.id}?tab=chat`);
  const turn = page.locator("[data-turn-id]").last();
  await expectState(turn, "completed");
  await turn.getByText("Say a lot").click();
  await expect(turn.getByText(/^Cut here; the whole has [\d,]+ characters\.$/)).toBeVisible();
  const whole = turn.getByLabel("Whole output");
  await expect(async () => {
    await turn.getByRole("button", { name: /^Show the whole output/ }).click();
    await expect(whole).toBeVisible({ timeout: 1_000 });
  }).toPass();
  const more = turn.getByRole("button", { name: /^Show more/ });
  await more.click();
  await expect(more).toBeHidden();
  const text = await whole.textContent();
  expect(text?.startsWith("line 1 of the output\nline 2 ")).toBe(true);
  expect(text?.endsWith("\nline 40000 of the output")).toBe(true);

  await turn.getByRole("button", { name: /written\.txt$/ }).click();
  await expect(turn.getByText("written by the flooding agent")).toBeVisible();
  await turn.getByRole("button", { name: "/etc/hostname" }).click();
  await expect(turn.getByText("This path leads out of the plan's folder.")).toBeVisible();
  await context.close();
});
