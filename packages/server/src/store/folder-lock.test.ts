import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder, startTimeOf, StoreLockedError } from "./folder-lock.ts";
import { openEmbeddedStore } from "./open-store.ts";

const HOLDER = join(import.meta.dirname, "../../test/lock-holder.ts");

describe("the lock of a data folder", () => {
  let folder: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "signalbox-lock-"));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  /** A process that tries to take the lock, and the line in which it says what came of it. */
  async function tryToHold(): Promise<{ child: ChildProcess; said: string }> {
    const child = spawn(process.execPath, [HOLDER, folder], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    if (!child.stdout) throw new Error("its output is piped");
    const [said] = (await once(createInterface(child.stdout), "line")) as [string];
    return { child, said };
  }

  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  const fill = (holder: object | string) =>
    writeFile(join(folder, "store.lock"), typeof holder === "string" ? holder : JSON.stringify(holder));

  it("ST2: refuses a second process, naming the first and what to do", async () => {
    const { child, said } = await tryToHold();
    expect(said).toBe("held");
    const opening = openEmbeddedStore(folder);
    await expect(opening).rejects.toBeInstanceOf(StoreLockedError);
    await expect(opening).rejects.toThrow(
      `The data folder ${folder} is in use by process ${child.pid}. Stop it first, or set SIGNALBOX_DATA_DIR to another folder.`,
    );
    expect((await tryToHold()).said).toContain(`process ${child.pid}`);
    // Who was refused left nothing behind.
    expect(await readdir(folder)).toEqual(["store.lock"]);
  });

  it("ST2: takes the lock of a killed process over at once", async () => {
    const { child } = await tryToHold();
    await kill(child);
    const release = await lockFolder(folder);
    expect(JSON.parse(await readFile(join(folder, "store.lock"), "utf8"))).toMatchObject({ pid: process.pid });
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("ST2: gives the lock of a killed process to one alone of many that want it", async () => {
    const { child } = await tryToHold();
    await kill(child);
    const all = await Promise.all(Array.from({ length: 6 }, tryToHold));
    const holders = all.filter(({ said }) => said === "held");
    expect(holders).toHaveLength(1);
    for (const { said } of all) if (said !== "held") expect(said).toMatch(/in use by process|could not be taken/);
  });

  it("does not take a reused process id for the holder", async () => {
    await fill({ pid: process.pid, startedAt: "1" });
    await (
      await lockFolder(folder)
    )();
    await fill({ pid: process.pid, startedAt: startTimeOf(process.pid) });
    await expect(lockFolder(folder)).rejects.toBeInstanceOf(StoreLockedError);
  });

  it.each(["", "{", "null", "[]", "{}", '{"pid":"1"}', '{"pid":-1}', '{"pid":0}', '{"pid":1e99}', '{"pid":2.5}'])(
    "takes over a lock that says nothing: %s",
    async (text) => {
      await fill(text);
      await (
        await lockFolder(folder)
      )();
    },
  );

  it("lets go when the store could not be opened, and when it was closed, also twice", async () => {
    await writeFile(join(folder, "pg"), "not a folder");
    await expect(openEmbeddedStore(folder)).rejects.toThrow(/\w/);
    expect(await readdir(folder)).toEqual(["pg"]);
    await rm(join(folder, "pg"));
    const store = await openEmbeddedStore(folder);
    await store.ping();
    await expect(openEmbeddedStore(folder)).rejects.toBeInstanceOf(StoreLockedError);
    await store.close();
    await store.close();
    expect(await readdir(folder)).toEqual(["pg"]);
    // It makes a cluster on disk: seconds, and many of them on a machine that does much else.
  }, 120_000);
});
