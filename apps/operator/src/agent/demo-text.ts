/** Text of an exact number of words, always the same: what the demo model writes when it is asked for a length. */

const OPENINGS = [
  "First",
  "After that",
  "In the morning",
  "A little later",
  "By then",
  "On the board",
  "At the same time",
];
const ACTORS = ["the team", "a quiet reader", "the operator", "an agent", "the relay", "a second tab", "the host"];
const DEEDS = ["moved", "read", "kept", "followed", "sent", "counted", "finished"];
const THINGS = [
  "the oldest plan",
  "every entry",
  "one short signal",
  "the whole log",
  "a careful note",
  "the open question",
];
const PLACES = [
  "without a gap",
  "in the same order",
  "before the next release",
  "while the network was gone",
  "for everybody to see",
];

const SENTENCES_PER_PARAGRAPH = 6;

/** Exactly `words` words in sentences and paragraphs. */
export function demoText(words: number): string {
  const paragraphs: string[][] = [];
  let left = words;
  for (let sentence = 0; left > 0; sentence += 1) {
    const all = sentenceAt(sentence);
    const taken = all.slice(0, left);
    left -= taken.length;
    if (sentence % SENTENCES_PER_PARAGRAPH === 0) paragraphs.push([]);
    paragraphs.at(-1)?.push(`${taken.join(" ")}.`);
  }
  return `${paragraphs.map((sentences) => sentences.join(" ")).join("\n\n")}\n`;
}

function sentenceAt(index: number): string[] {
  // Steps that share no divisor with the lists' lengths, so that sentences don't repeat soon.
  const parts = [
    pick(OPENINGS, index),
    pick(ACTORS, index * 3 + 1),
    pick(DEEDS, index * 5 + 2),
    pick(THINGS, index * 5 + Math.floor(index / 7)),
    pick(PLACES, index * 2 + Math.floor(index / 11)),
  ];
  return parts.join(" ").split(" ");
}

function pick(list: readonly string[], index: number): string {
  return list[index % list.length] ?? "";
}
