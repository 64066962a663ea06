import type { TurnPart } from "./turn-view.ts";

/**
 * The parts of a view while entries are applied to it. They are copied once, at the first change, however many changes follow;
 * where a call or a terminal stands is looked up and not searched. A turn of 10,000 entries is folded in its length, not in
 * its square, and a frame of a few more costs one copy of an array of references.
 */
export interface PartsEdit {
  last(): TurnPart | undefined;
  add(part: TurnPart): void;
  /** Puts a part in the place of the newest. */
  replaceLast(part: TurnPart): void;
  /** Adds the call or terminal that `next` makes, or puts it where the one with this id stands. */
  upsert<T extends Keyed["type"]>(type: T, id: string, next: (before: PartOf<T> | undefined) => PartOf<T>): void;
  /** Puts what `next` makes of each part in its place; the same part is no change. */
  replaceEach(next: (part: TurnPart) => TurnPart): void;
  /** The parts after all changes: the given array if there were none. Nothing may be changed afterwards. */
  settle(): TurnPart[];
}

type Keyed = Extract<TurnPart, { type: "tool" | "terminal" }>;
type PartOf<T extends Keyed["type"]> = Extract<Keyed, { type: T }>;

/**
 * Where each call and terminal of an array of parts stands. It moves on to the next array with each edit: whoever goes on from
 * an older one has it made anew.
 */
const placesOf = new WeakMap<readonly TurnPart[], Map<string, number>>();

export function editParts(given: TurnPart[]): PartsEdit {
  let parts = given;
  let places: Map<string, number> | null = null;

  const own = (): TurnPart[] => {
    if (parts === given) parts = [...given];
    return parts;
  };
  const takePlaces = (): Map<string, number> => {
    if (places) return places;
    // It is no longer that of the given parts once it is written to.
    places = placesOf.get(given) ?? findPlaces(parts);
    placesOf.delete(given);
    return places;
  };

  return {
    last: () => parts.at(-1),
    add: (part) => void own().push(part),
    replaceLast(part) {
      own()[parts.length - 1] = part;
    },
    upsert(type, id, next) {
      const key = `${type} ${id}`;
      const known = takePlaces().get(key);
      if (known === undefined) {
        takePlaces().set(key, parts.length);
        own().push(next(undefined));
      } else {
        // Guarantee: the key holds the type, and a part never changes its type or its place.
        own()[known] = next(parts[known] as PartOf<typeof type>);
      }
    },
    replaceEach(next) {
      for (const [index, part] of parts.entries()) {
        const after = next(part);
        if (after !== part) own()[index] = after;
      }
    },
    settle() {
      if (parts === given) return given;
      const moved = places ?? placesOf.get(given);
      placesOf.delete(given);
      if (moved) placesOf.set(parts, moved);
      return parts;
    },
  };
}

function findPlaces(parts: readonly TurnPart[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [index, part] of parts.entries()) {
    if (part.type === "tool") places.set(`tool ${part.callId}`, index);
    else if (part.type === "terminal") places.set(`terminal ${part.terminalId}`, index);
  }
  return places;
}
