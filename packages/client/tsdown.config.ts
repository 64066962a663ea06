/**
 * What is published of this package: `dist/` is a package of its own, with the workspace's packages inlined in code and
 * declarations. Types of the API come along; the server's code, and what its context is made of, stay at home.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { defineConfig } from "tsdown";

/** Published path to source: real files, each for one purpose. */
const ENTRIES = {
  index: "src/service/service-client.ts",
  "client-error": "src/service/client-error.ts",
  signals: "../catalog/src/signals.ts",
  "turn-entry": "../catalog/src/turn-entry.ts",
};

/** Stay outside: their types are part of ours, or they are a user's own too. */
const DEPENDENCIES = ["@trpc/client", "@trpc/server", "eventsource-parser", "superjson", "zod"];

export default defineConfig({
  entry: ENTRIES,
  format: "esm",
  platform: "neutral",
  target: "es2023",
  dts: { tsconfig: "../tsconfig.published.json" },
  logLevel: "warn",
  clean: true,
  deps: {
    alwaysBundle: [/^@signalbox\//],
    neverBundle: [/^node:/, ...DEPENDENCIES.map((name) => new RegExp(`^${name}(/|$)`))],
  },
  plugins: [
    {
      name: "router-without-context",
      transform: {
        order: "pre",
        filter: { id: /server\/src\/api\/.*\.d\.ts$/ },
        // A caller's types need no context, and through it would come the host, its store and their libraries.
        handler: (code) => code.replaceAll('import("./trpc.ts").Context', "object"),
      },
    },
  ],
  hooks: { "build:done": writePackage },
});

/** `dist/package.json`: what `npm pack` takes. Nothing of the workspace's protocols (`workspace:`, `catalog:`) is in it. */
function writePackage(): void {
  const here = import.meta.dirname;
  const { name, version } = readManifest(join(here, "package.json"));
  const exports = Object.fromEntries(
    Object.keys(ENTRIES).map((entry) => [
      entry === "index" ? "." : `./${entry}`,
      { types: `./${entry}.d.ts`, default: `./${entry}.js` },
    ]),
  );
  const manifest = {
    name,
    version,
    description: "The typed client of Signalbox for services: procedures, signals and turns.",
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20.9" },
    exports,
    dependencies: Object.fromEntries(DEPENDENCIES.map((dependency) => [dependency, installedVersion(dependency)])),
  };
  writeFileSync(join(here, "dist/package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(here, "README.md"), join(here, "dist/README.md"));
}

function installedVersion(dependency: string): string {
  // zod is the catalog's dependency, and comes in with it.
  const require = createRequire(join(import.meta.dirname, "../catalog/package.json"));
  const own = createRequire(join(import.meta.dirname, "package.json"));
  const main = (dependency === "zod" ? require : own).resolve(dependency);
  for (let folder = dirname(main); ; folder = dirname(folder)) {
    const manifest = tryManifest(join(folder, "package.json"));
    if (manifest?.name === dependency) return manifest.version;
    if (folder === dirname(folder)) throw new Error(`${dependency} is not installed.`);
  }
}

function tryManifest(path: string): { name: string; version: string } | null {
  try {
    return readManifest(path);
  } catch {
    return null;
  }
}

/** Guarantee: a package.json of an installed package, or ours; both have a name and a version. */
function readManifest(path: string): { name: string; version: string } {
  return JSON.parse(readFileSync(path, "utf8")) as { name: string; version: string };
}
