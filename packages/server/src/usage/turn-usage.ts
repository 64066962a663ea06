/**
 * What a turn has used, folded from its entries as they are stored: each entry counts once, however often it was sent.
 * Steps add up and say which model; the turn's own total says how much, and replaces what was said before it.
 */
import { MODEL_NAME_MAX, MODELS_PER_TURN, TOKENS_MAX } from "@signalbox/catalog/bounds";
import type { LoggedEntry, TurnEnd, TurnEntry } from "@signalbox/catalog/turn-entry";
import type { TokenCounts } from "@signalbox/catalog/usage";

export interface TurnUsage {
  /** The model that was asked for, as turn-start and session name it. */
  asked: string | null;
  /** The model of the last step, whose name may be a finer one. */
  last: string | null;
  steps: { model: string; counts: TokenCounts }[];
  /** Of the whole turn, where the agent tells it. */
  total: TokenCounts | null;
  /** Costs that the agent tells: what its steps add up to, and what it says of the whole. */
  stepsCost: ReportedCost | null;
  totalCost: ReportedCost | null;
}

export interface ReportedCost {
  /** Millionths of the currency. */
  micros: number;
  currency: string;
}

/** What one model used in the turn. */
export interface ModelUsage {
  model: string;
  counts: TokenCounts;
  /** Told of the whole turn, so only where the turn used one model. */
  reported: ReportedCost | null;
}

type Entry<K extends TurnEntry["kind"]> = Extract<TurnEntry, { kind: K }>;
type Said = Pick<Entry<"usage">, keyof NonNullable<TurnEnd["usage"]>>;

const UNKNOWN_MODEL = "unknown";
const NOTHING: TokenCounts = {
  inputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  outputTokens: 0,
  otherTokens: 0,
};

export function emptyTurnUsage(): TurnUsage {
  return { asked: null, last: null, steps: [], total: null, stepsCost: null, totalCost: null };
}

/** The usage after one more entry; the same object where the entry says nothing of it. */
export function applyUsage(usage: TurnUsage, entry: LoggedEntry | TurnEntry): TurnUsage {
  const { kind } = entry;
  if (kind === "turn-start" || kind === "session")
    return entry.model ? { ...usage, asked: cutName(entry.model) } : usage;
  if (kind === "turn-end") return entry.usage ? setTotal(usage, entry.usage) : usage;
  if (kind !== "usage") return usage;
  if (entry.scope === "step") return addStep(usage, entry);
  // How full a window is says nothing of what was used; the session's cost does.
  return setTotal(usage, entry.scope === "turn" ? entry : { cost: entry.cost });
}

/**
 * The usage by model. Where the total says more or less than the steps, the difference is the last model's: the others
 * keep what their steps said.
 */
export function usageByModel(usage: TurnUsage): ModelUsage[] {
  const main = usage.last ?? usage.asked ?? UNKNOWN_MODEL;
  const reported = usage.totalCost ?? usage.stepsCost;
  const steps = usage.steps.map(({ counts }) => counts).reduce(addCounts, NOTHING);
  const { total } = usage;
  let rows = usage.steps;
  if (total && sumOf(total) !== sumOf(steps)) {
    const others = rows.filter(({ model }) => model !== main);
    const theirs = others.map(({ counts }) => counts).reduce(addCounts, NOTHING);
    rows = [...others, { model: main, counts: mapCounts((kind) => Math.max(0, total[kind] - theirs[kind])) }];
  }
  const used = rows.filter(({ counts }) => sumOf(counts) > 0);
  const [only, ...more] = used;
  if (!only) return reported && reported.micros > 0 ? [{ model: main, counts: NOTHING, reported }] : [];
  if (more.length === 0) return [{ ...only, reported }];
  return used.map((row) => ({ ...row, reported: null }));
}

export function sumOf(counts: TokenCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function addStep(usage: TurnUsage, entry: Entry<"usage">): TurnUsage {
  const said = disjoint(entry);
  const cost = readCost(entry.cost);
  if (!said && !cost) return usage;
  const model = cutName(entry.model ?? usage.asked ?? UNKNOWN_MODEL);
  const isKnown = usage.steps.some((step) => step.model === model);
  const isFull = !isKnown && usage.steps.length >= MODELS_PER_TURN;
  const target = isFull ? (usage.steps.at(-1)?.model ?? model) : model;
  const counts = said ?? NOTHING;
  const steps =
    isKnown || isFull
      ? usage.steps.map((step) =>
          step.model === target ? { model: target, counts: addCounts(step.counts, counts) } : step,
        )
      : [...usage.steps, { model, counts }];
  return { ...usage, last: target, steps, stepsCost: addCost(usage.stepsCost, cost) };
}

function setTotal(usage: TurnUsage, said: Partial<Said>): TurnUsage {
  const total = disjoint(said);
  const totalCost = readCost(said.cost);
  if (!total && !totalCost) return usage;
  return { ...usage, total: total ?? usage.total, totalCost: totalCost ?? usage.totalCost };
}

/**
 * Counts of distinct kinds. Some agents count what came from the cache within the input, and thoughts within the output;
 * others beside them. Their total tells which: it is the sum of what is apart. Null where nothing is counted.
 */
function disjoint(said: Partial<Said>): TokenCounts | null {
  const { inputTokens, outputTokens, totalTokens } = said;
  if (inputTokens === undefined && outputTokens === undefined) {
    return totalTokens === undefined ? null : { ...NOTHING, otherTokens: bounded(totalTokens) };
  }
  const input = bounded(inputTokens);
  const output = bounded(outputTokens);
  const cachedRead = bounded(said.cachedReadTokens);
  const cachedWrite = bounded(said.cachedWriteTokens);
  const thoughts = bounded(said.thoughtTokens);
  const cached = cachedRead + cachedWrite;
  const beside = totalTokens === undefined ? null : bounded(totalTokens) - input - output;
  const isCacheBeside = beside === null ? cached > input : cached > 0 && beside >= cached;
  const areThoughtsBeside =
    beside === null ? thoughts > output : thoughts > 0 && beside - (isCacheBeside ? cached : 0) >= thoughts;
  return {
    inputTokens: isCacheBeside ? input : Math.max(0, input - cached),
    cachedReadTokens: cachedRead,
    cachedWriteTokens: cachedWrite,
    outputTokens: areThoughtsBeside ? output + thoughts : output,
    otherTokens: 0,
  };
}

function mapCounts(countOf: (kind: keyof TokenCounts) => number): TokenCounts {
  return {
    inputTokens: countOf("inputTokens"),
    cachedReadTokens: countOf("cachedReadTokens"),
    cachedWriteTokens: countOf("cachedWriteTokens"),
    outputTokens: countOf("outputTokens"),
    otherTokens: countOf("otherTokens"),
  };
}

function addCounts(a: TokenCounts, b: TokenCounts): TokenCounts {
  return mapCounts((kind) => bounded(a[kind] + b[kind]));
}

function bounded(count: number | undefined): number {
  return Math.min(count ?? 0, TOKENS_MAX);
}

/** An agent's binary fraction is rounded here, once; from here on money is whole millionths. */
function readCost(cost: Said["cost"]): ReportedCost | null {
  if (!cost || !(cost.amount >= 0)) return null;
  return { micros: Math.round(Math.min(cost.amount, COST_MAX) * 1_000_000), currency: cost.currency.toUpperCase() };
}

/** No turn costs a million: what says so is a mistake of its agent. */
const COST_MAX = 1_000_000;

function addCost(sum: ReportedCost | null, cost: ReportedCost | null): ReportedCost | null {
  if (!sum || !cost) return sum ?? cost;
  return sum.currency === cost.currency ? { ...sum, micros: sum.micros + cost.micros } : sum;
}

export function cutName(name: string): string {
  return name.slice(0, MODEL_NAME_MAX).toWellFormed();
}
