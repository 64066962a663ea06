/** The order of tiles as data. Pure. */
export interface Identified {
  id: string;
}

/** Puts a tile above `before`, or last for null. A tile that is gone changes nothing. */
export function moveTile<T extends Identified>(
  tiles: readonly T[],
  tileId: string,
  before: string | null,
): readonly T[] {
  const moved = tiles.find(({ id }) => id === tileId);
  if (!moved || before === tileId) return tiles;
  const others = tiles.filter(({ id }) => id !== tileId);
  const at = before === null ? -1 : others.findIndex(({ id }) => id === before);
  return at < 0 ? [...others, moved] : others.toSpliced(at, 0, moved);
}

/** What a tile comes to stand above when it goes one place forward or back: null for last, undefined where there is no such place. */
export function neighbour(tiles: readonly Identified[], tileId: string, by: 1 | -1): string | null | undefined {
  const index = tiles.findIndex(({ id }) => id === tileId);
  const target = index + by;
  if (index < 0 || target < 0 || target >= tiles.length) return undefined;
  return tiles[by === 1 ? index + 2 : target]?.id ?? null;
}
