/** Every generated file, by its path from the repository's root. The same catalog gives the same bytes. */
import { asyncApi } from "./asyncapi.ts";
import { markdownPages } from "./markdown.ts";
import { readReference } from "./reference-data.ts";
import { namedSchemas, schemaFile } from "./schemas.ts";

/** Folders in which every file is generated: what is there and not made is taken away. */
export const OWNED_FOLDERS = ["docs/reference"];

/** What the app's pages are drawn from. */
const PAGES_DATA = "apps/web/components/reference/reference.json";

export async function makeOutputs(root: string): Promise<Map<string, string>> {
  const data = await readReference(root);
  const schemas = namedSchemas();
  const outputs = new Map<string, string>([[PAGES_DATA, json(data)]]);
  for (const [name, text] of markdownPages(data)) outputs.set(`docs/reference/${name}`, text);
  for (const [name, schema] of schemas) {
    const titled = { $schema: "http://json-schema.org/draft-07/schema#", title: name, ...schema };
    outputs.set(`docs/reference/schema/${schemaFile(name)}`, json(titled));
  }
  outputs.set("docs/reference/asyncapi.json", json(asyncApi(data, schemas)));
  return outputs;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
