import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveTile, neighbour } from "./tile-order.ts";

const tiles = ["a", "b", "c"].map((id) => ({ id }));
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).join("");

describe("the order of tiles", () => {
  it("follows a move to another tile, and to the end", () => {
    expect(ids(moveTile(tiles, "c", "a"))).toBe("cab");
    expect(ids(moveTile(tiles, "a", null))).toBe("bca");
    expect(ids(moveTile(tiles, "b", "b"))).toBe("abc");
    expect(ids(moveTile(tiles, "gone", "a"))).toBe("abc");
  });

  it("goes one place at a time by keyboard, and no further than the ends", () => {
    expect(neighbour(tiles, "a", -1)).toBeUndefined();
    expect(neighbour(tiles, "c", 1)).toBeUndefined();
    expect(neighbour(tiles, "b", 1)).toBeNull();
    expect(neighbour(tiles, "a", 1)).toBe("c");
    expect(neighbour(tiles, "c", -1)).toBe("b");
  });

  it("never loses or doubles a tile, and a step there and back changes nothing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 8 }), fc.nat(), (names, pick) => {
        const all = names.map((id) => ({ id }));
        const id = names[pick % names.length] ?? "";
        const next = neighbour(all, id, 1);
        if (next === undefined) return;
        const there = moveTile(all, id, next);
        expect([...there].map((tile) => tile.id).toSorted()).toEqual(names.toSorted());
        const back = neighbour(there, id, -1);
        expect(back).not.toBeUndefined();
        expect(ids(moveTile(there, id, back ?? null))).toBe(ids(all));
      }),
    );
  });
});
