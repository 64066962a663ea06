import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { Parser } from "@asyncapi/parser";
import { Signal, SIGNAL_NAMES } from "@signalbox/catalog/signals";
import { EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeOutputs } from "./outputs.ts";
import { readReference, signalExample } from "./reference-data.ts";
import { signalPayload } from "./asyncapi.ts";

const ROOT = join(import.meta.dirname, "../../..");
const outputs = await makeOutputs(ROOT);
const data = await readReference(ROOT);

async function temporaryRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "signalbox-reference-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await cp(join(ROOT, "packages/catalog/src"), join(root, "packages/catalog/src"), { recursive: true });
  await mkdir(join(root, "packages/server/src"), { recursive: true });
  return root;
}

describe("the reference", () => {
  it("is current: run `node tooling/reference/src/main.ts` where this fails", async () => {
    const main = join(import.meta.dirname, "main.ts");
    await expect(promisify(execFile)(process.execPath, [main, "--check"])).resolves.toMatchObject({ stderr: "" });
  });

  it("comes out the same each time", async () => {
    expect([...(await makeOutputs(ROOT))]).toEqual([...outputs]);
  });

  it("refuses a signal that nothing emits, by its name", async () => {
    const root = await temporaryRoot();
    const emit = (names: readonly string[]) =>
      writeFile(join(root, "packages/server/src/work.ts"), names.map((name) => `emit("${name}", {});`).join("\n"));
    const [silent, ...rest] = SIGNAL_NAMES;
    await emit(rest);
    await writeFile(join(root, "packages/server/src/work.test.ts"), `emit("${silent}", {});`);
    await expect(readReference(root)).rejects.toThrow(`emits ${silent}:`);
    await emit(SIGNAL_NAMES);
    await expect(readReference(root)).resolves.toBeTruthy();
  });

  it("refuses a constant without its reason, and an entry without its description", async () => {
    for (const [file, comment] of [
      ["timing.ts", /\/\*\* The first retry is[^\n]*\n/],
      ["turn-entry.ts", /\/\*\* The single terminal marker[^\n]*\n/],
    ] as const) {
      const root = await temporaryRoot();
      await writeFile(
        join(root, "packages/server/src/work.ts"),
        SIGNAL_NAMES.map((name) => `emit("${name}")`).join("\n"),
      );
      const path = join(root, "packages/catalog/src", file);
      const source = await readFile(path, "utf8");
      expect(source).toMatch(comment);
      await writeFile(path, source.replace(comment, ""));
      await expect(readReference(root)).rejects.toThrow(/beside it/);
    }
  });

  it("has no dead link: every page, anchor and source file that it points to is there", async () => {
    const anchors = new Map<string, Set<string>>();
    for (const [path, text] of outputs) {
      if (!path.endsWith(".md")) continue;
      const headings = text.matchAll(/^#+ (.+)$/gm);
      anchors.set(
        path,
        new Set(
          Array.from(headings, ([, heading = ""]) =>
            heading
              .toLowerCase()
              .replaceAll(" ", "-")
              .replaceAll(/[^a-z0-9-_]/g, ""),
          ),
        ),
      );
    }
    for (const [path, text] of outputs) {
      if (!path.endsWith(".md")) continue;
      for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g)) {
        const [file = "", anchor] = target.split("#");
        const resolved = file === "" ? path : normalize(join(dirname(path), file));
        const isMade = outputs.has(resolved) || [...outputs.keys()].some((made) => made.startsWith(`${resolved}/`));
        if (!isMade) await expect(readFile(join(ROOT, resolved)), `${path}: ${target}`).resolves.toBeTruthy();
        if (anchor) expect(anchors.get(resolved), `${path}: ${target}`).toContain(anchor);
      }
    }
  });
});

describe("its examples", () => {
  it.each(SIGNAL_NAMES)("the payload of %s is one that the catalog takes, with exactly its ids", (name) => {
    const example = signalExample(name);
    expect(Signal.parse(example)).toEqual(example);
    const ids = signalPayload(name).properties?.["ids"];
    expect(Object.keys(example["ids"] as object)).toEqual(ids?.required);
    expect(Object.keys(ids?.properties ?? {})).toEqual(expect.arrayContaining(ids?.required ?? []));
  });

  it.each(data.entries)("the entry $name is one that the catalog takes", ({ name, example }) => {
    expect(LoggedEntry.parse(JSON.parse(example))).toMatchObject({ seq: 1, kind: name });
  });

  it.each(data.streams.flatMap(({ stream, frames }) => frames.map((frame) => ({ stream, ...frame }))))(
    "the frame $name of $stream is one that the catalog takes",
    ({ stream, name, example }) => {
      const schema = stream === "events" ? EventsFrame : TurnFrame;
      expect(schema.parse(JSON.parse(example))).toMatchObject({ type: name });
    },
  );
});

describe("the AsyncAPI document", () => {
  it("is one that the official parser takes, without a complaint", async () => {
    const { document, diagnostics } = await new Parser().parse(outputs.get("docs/reference/asyncapi.json") ?? "");
    expect(diagnostics.map(({ message, path }) => `${path.join("/")}: ${message}`)).toEqual([]);
    expect(document?.version()).toMatch(/^3\./);
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(["/__/events", "/__/turn", "/__/operator"]);
  });

  it("has a message for each signal, and one for each frame", async () => {
    const { document } = await new Parser().parse(outputs.get("docs/reference/asyncapi.json") ?? "");
    const names = document
      ?.channels()
      .get("events")
      ?.messages()
      .all()
      .map((message) => message.name());
    expect(names).toEqual(expect.arrayContaining([...SIGNAL_NAMES]));
    expect(names).toHaveLength(SIGNAL_NAMES.length + EventsFrame.options.length);
  });
});
