/**
 * What tokens cost, from `prices.json` in the data folder, which people edit while the host runs. A file that can't be
 * taken never stops anything: the prices before it hold, and one line says what is wrong with it.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const PRICES_FILE = "prices.json";

/** In millionths of the currency per million tokens: 10⁻¹² of the currency per token, exact in integers. */
export interface Price {
  input: bigint;
  cachedRead: bigint;
  cachedWrite: bigint;
  output: bigint;
}

export interface PriceList {
  currency: string;
  /** Null: this model has no price. */
  priceOf(model: string): Price | null;
  /** Why the file as it stands is not taken; null while it is. */
  problem: string | null;
}

export interface Prices {
  /** The list as the file says now: a file that changed is read again. Never rejects. */
  current(): Promise<PriceList>;
}

const FILE_MAX_BYTES = 1_000_000;
const DECIMAL = /^\d{1,9}(\.\d{1,6})?$/;
const EXPECTED = 'must be a price per million tokens such as "2.50", with at most six decimals';

/** Text, since a binary fraction is no price; a number is taken by the digits that it was written with. */
const Amount = z
  .union([z.string(), z.number()], EXPECTED)
  .transform(String)
  .pipe(z.string().regex(DECIMAL, EXPECTED).transform(toMillionths));

const PriceFile = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, "must be three capitals, such as USD")
    .default("USD"),
  models: z.record(
    z.string().min(1),
    z
      .strictObject({ input: Amount, output: Amount, cachedRead: Amount.optional(), cachedWrite: Amount.optional() })
      .transform(({ input, output, cachedRead = input, cachedWrite = input }): Price => {
        return { input, output, cachedRead, cachedWrite };
      }),
  ),
});

export const NO_PRICES: PriceList = { currency: "USD", priceOf: () => null, problem: null };

export function createPrices({ dataDir, onProblem }: { dataDir: string; onProblem(line: string): void }): Prices {
  const path = join(dataDir, PRICES_FILE);
  let list = NO_PRICES;
  let readAs: string | null = null;

  return {
    async current() {
      const version = await versionOf(path);
      if (version === readAs) return list;
      readAs = version;
      const read = version === null ? NO_PRICES : await readList(path);
      if (typeof read !== "string") list = read;
      else {
        const problem = `${PRICES_FILE}: ${read}`;
        onProblem(`${problem}. The prices before hold.`);
        list = { ...list, problem };
      }
      return list;
    },
  };
}

/** Null: there is no file. What can't be looked at has a version too, so that it is said once. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs}/${size}/${ino}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? null : `error ${code}`;
  }
}

/** The list, or what is wrong with the file. */
async function readList(path: string): Promise<PriceList | string> {
  try {
    const { size } = await stat(path);
    if (size > FILE_MAX_BYTES) return `it may have ${FILE_MAX_BYTES} bytes, and has ${size}`;
    return parsePrices(await readFile(path, "utf8"));
  } catch (error) {
    return `it can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
  }
}

/** The list that the text of a price file makes, or what is wrong with it. */
export function parsePrices(text: string): PriceList | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'it is not JSON of the form {"currency": "USD", "models": {"name": {"input": "2.50", "output": "10"}}}';
  }
  const parsed = PriceFile.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return [issue?.path.join("."), issue?.message].filter(Boolean).join(": ");
  }
  return toList(parsed.data);
}

function toList({ currency, models }: z.output<typeof PriceFile>): PriceList {
  const exact = new Map(Object.entries(models));
  // `name*` stands for all names that begin so, as with dated versions; the longest fits best.
  const prefixes = [...exact]
    .flatMap(([name, price]) => (name.endsWith("*") ? [{ prefix: name.slice(0, -1), price }] : []))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return {
    currency,
    priceOf: (model) => exact.get(model) ?? prefixes.find(({ prefix }) => model.startsWith(prefix))?.price ?? null,
    problem: null,
  };
}

function toMillionths(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}
