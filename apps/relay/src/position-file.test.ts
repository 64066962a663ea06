import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { newPosition, readPosition, writePosition } from "./position-file.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "signalbox-position-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

it("is read as it was written, and leaves no draft behind", async () => {
  const path = join(await folder(), "positions", "one.json");
  expect(await readPosition(path)).toBeNull();
  const position = { ...newPosition("w"), cursor: "1.5+2", delivered: 7 };
  await writePosition(path, position);
  await writePosition(path, { ...position, delivered: 8 });
  expect(await readPosition(path)).toEqual({ ...position, delivered: 8 });
  expect(await readdir(join(path, ".."))).toEqual(["one.json"]);
});

it("is the old one when a write was cut off before its end", async () => {
  const path = join(await folder(), "one.json");
  const position = { ...newPosition("w"), cursor: "1.5" };
  await writePosition(path, position);
  await writeFile(`${path}.new`, '{"streamId": "');
  expect(await readPosition(path)).toEqual(position);
});

it("is refused when it is not one: starting anew would lose signals", async () => {
  const path = join(await folder(), "one.json");
  await writeFile(path, "{}");
  await expect(readPosition(path)).rejects.toThrow(/must be a position that this relay wrote/);
});
