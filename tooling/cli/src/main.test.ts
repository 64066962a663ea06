/** The command line as a person or a script meets it: real processes, on a data folder that no host has open. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function signalbox(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
      env: { ...process.env, DATABASE_URL: "", SIGNALBOX_DATA_DIR: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended: Ended = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (ended.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (ended.stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...ended, code }));
  });
}

async function made(...args: string[]): Promise<Record<string, string>> {
  const { code, stdout, stderr } = await signalbox([...args, "--json"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, string>;
}

it("makes a workspace, a member with a link, a key and an operator, each as JSON with its id", async () => {
  const { id = "" } = await made("workspace", "create", "--name", "Acme");
  expect(id).not.toBe("");
  const member = await made("member", "add", "--workspace", "Acme", "--email", "ada@example.com", "--role", "owner");
  expect(member["link"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in\/link\?token=sbx_link_/);
  const key = await made("key", "create", "--workspace", id, "--name", "ci");
  expect(key).toMatchObject({ id: expect.any(String), key: expect.stringMatching(/^sbx_key_/) });
  const operator = await made("operator", "enroll", "--workspace", id, "--name", "box");
  expect(operator).toMatchObject({ id: expect.any(String), token: expect.stringMatching(/^sbx_op_/) });
  expect(await made("key", "revoke", "--key", key["id"] ?? "")).toEqual({ id: key["id"] });
  const rotated = await made("operator", "rotate", "--operator", operator["id"] ?? "");
  expect(rotated).toEqual({ id: operator["id"], token: expect.stringMatching(/^sbx_op_/) });
  expect(rotated["token"]).not.toBe(operator["token"]);
  expect(await made("operator", "revoke", "--operator", operator["id"] ?? "")).toEqual({ id: operator["id"] });
  expect(await made("epoch", "raise")).toEqual({ epoch: 2 });
});

it("prints lines for people without --json", async () => {
  const { stdout } = await signalbox(["workspace", "create", "--name", "Lines"]);
  expect(stdout).toMatch(/^id: [0-9a-f-]{36}\n$/);
});

it.each([
  ["an unknown workspace", ["key", "create", "--workspace", "Nobody", "--name", "n"], /No workspace "Nobody"/],
  ["a missing option", ["workspace", "create"], /--name/],
  ["an address that is none", ["member", "add", "--workspace", "Lines", "--email", "x", "--role", "owner"], /email/],
  ["a role that is none", ["member", "add", "--workspace", "Lines", "--email", "a@b.co", "--role", "king"], /role/],
  ["an unknown command", ["bogus"], /bogus/],
  ["a key that was revoked or never was", ["key", "revoke", "--key", "nope"], /nope/],
])("refuses %s with one line, and ends with 1", async (_, args, line) => {
  const { code, stdout, stderr } = await signalbox(args);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

it("names a variable of the environment that is wrong", async () => {
  const { code, stderr } = await signalbox(["workspace", "create", "--name", "N"], { PORT: "no port" });
  expect(code).toBe(1);
  expect(stderr).toBe("PORT must be a port number from 1 to 65535.\n");
});
