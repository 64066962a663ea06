/**
 * What another machine gets of the operator: `dist/` is a package of its own, with all libraries inlined at the versions of
 * our lockfile. One stays outside, which finds its programs beside its own files: the sandbox's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "tsdown";

const OUTSIDE = "@anthropic-ai/sandbox-runtime";

/** The daemon, and the programs that it starts (`own-script.ts`). */
const ENTRIES = {
  main: "src/main.ts",
  runner: "src/runner.ts",
  probe: "src/probe.ts",
  "agent/main": "src/agent/main.ts",
};

export default defineConfig({
  entry: ENTRIES,
  format: "esm",
  platform: "node",
  target: "node22.12",
  dts: false,
  fixedExtension: false,
  logLevel: "warn",
  clean: true,
  banner: ({ fileName }) => (fileName === "main.js" ? "#!/usr/bin/env node" : undefined),
  deps: { alwaysBundle: [/^(?!node:)/], neverBundle: [/^node:/, OUTSIDE], onlyBundle: false },
  hooks: { "build:done": writePackage },
});

/** `dist/package.json`: what `npm pack` takes. */
function writePackage(): void {
  const here = import.meta.dirname;
  const own = readManifest(join(here, "package.json"));
  const outside = readManifest(join(here, "node_modules", OUTSIDE, "package.json"));
  const manifest = {
    name: own.name,
    version: own.version,
    description: "The daemon beside your compute: dials a Signalbox host and runs agents.",
    license: "MIT",
    type: "module",
    engines: outside.engines,
    bin: { "signalbox-operator": "./main.js" },
    dependencies: { [OUTSIDE]: outside.version },
  };
  writeFileSync(join(here, "dist/package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

interface Manifest {
  name: string;
  version: string;
  engines?: { node: string };
}

/** Guarantee: a package.json of an installed package, or ours; both have a name and a version. */
function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}
