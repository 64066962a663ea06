/**
 * The hunks of each file from git's patch of many. Files are an agent's: a section counts for a file only if it begins with
 * that file's own header, so that whatever a file holds, or is called, no file can show the lines of another.
 */

/** A file as `--raw` names it. */
export interface ChangedFile {
  path: string;
  /** Before a rename or copy. */
  oldPath?: string | undefined;
  /** From a regular file to a link or back: git writes that down as a deletion and a creation. */
  isRetyped: boolean;
}

/** Only git's own lines begin with it: those of a file stand behind a sign, and names with a line's end are quoted. */
const HEADER = "diff --git ";

/**
 * The hunks per file, in the files' order: "" where git shows none, null where the text does not have them. `isCut`: the
 * text ends anywhere, so that its last section may lack something. To be read with `core.quotePath=false`.
 */
export function splitPatches(
  text: string,
  { files, isCut }: { files: readonly ChangedFile[]; isCut: boolean },
): (string | null)[] {
  // A line ends at \n and nowhere else: \r, U+2028 and the like are within lines.
  const sections = `\n${text}`
    .split(`\n${HEADER}`)
    .slice(1)
    .map((section) => `${section}\n`);
  if (isCut) sections.pop();
  let next = 0;
  return files.map((file) => {
    const [start, length] = [`${headerOf(file)}\n`, file.isRetyped ? 2 : 1];
    const own = sections.slice(next, next + length);
    if (own.length < length || !own.every((section) => section.startsWith(start))) return null;
    next += length;
    return own.map(hunksOf).join("");
  });
}

function headerOf({ path, oldPath = path }: ChangedFile): string {
  return `${quoted(`a/${oldPath}`)} ${quoted(`b/${path}`)}`;
}

function hunksOf(section: string): string {
  const before = section.indexOf("\n@@ ");
  return before < 0 ? "" : section.slice(before + 1).replace(/\n+$/, "\n");
}

const LETTERS: Record<string, string> = {
  "\u0007": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  '"': '"',
  "\\": "\\",
};

/** As git writes a name with `core.quotePath=false`: in quotes if it has control characters, quotes or backslashes. */
function quoted(name: string): string {
  const escaped = name.replaceAll(
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    /[\u0000-\u001f\u007f"\\]/g,
    (character) => `\\${LETTERS[character] ?? character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  return escaped === name ? name : `"${escaped}"`;
}
