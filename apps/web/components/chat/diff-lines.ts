/** What changed between two texts, line by line, for reading. Pure and bounded: texts too long to compare are shown whole. */
export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Comparing costs the product of both lengths; beyond this the old text is shown as removed, the new as added. */
const CELLS_MAX = 400_000;

export function diffLines(before: string, after: string): DiffLine[] {
  const a = lines(before);
  const b = lines(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function same(text: string): DiffLine {
  return { kind: "same", text };
}

/** Only what changed and `around` lines on either side; null marks a gap. */
export function withContext(diff: readonly DiffLine[], around: number): (DiffLine | null)[] {
  const isNear = diff.map((_, index) =>
    diff.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same"),
  );
  return diff.flatMap((line, index) => {
    if (isNear[index]) return [line];
    return isNear[index - 1] || index === 0 ? [null] : [];
  });
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const removed = a.map((text): DiffLine => ({ kind: "removed", text }));
  const added = b.map((text): DiffLine => ({ kind: "added", text }));
  if (a.length === 0 || b.length === 0 || a.length * b.length > CELLS_MAX) return [...removed, ...added];

  // Longest common subsequence, from the ends, so that it can be walked from the start.
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const result: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push({ kind: "same", text: a[i] ?? "" });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      result.push({ kind: "removed", text: a[i++] ?? "" });
    } else {
      result.push({ kind: "added", text: b[j++] ?? "" });
    }
  }
  return result;
}

function lines(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
