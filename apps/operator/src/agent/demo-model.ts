/**
 * A language model without a model: it streams the demo's script word by word, at a pace that can be read along.
 * It uses no network, and the same prompt and results give the same stream.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { isRecord } from "../json-value.ts";
import { pause } from "../pause.ts";
import { demoStep, type DemoResult, type DemoStep } from "./demo-script.ts";

/** Words' worth of waiting before a tool call, as if it were thought about. */
const PAUSE_WORDS = 12;

export function createDemoModel({ paceMs }: { paceMs: number }): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "signalbox",
    modelId: "demo",
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("The demo model only streams.")),
    doStream(options) {
      const { prompt, results } = readPrompt(options.prompt);
      const parts = stepParts(demoStep(prompt, results), results.length, options.prompt);
      return Promise.resolve({ stream: paced(parts, paceMs, options) });
    },
  };
}

interface PacedPart {
  part: LanguageModelV4StreamPart;
  /** Words' worth of waiting before it. */
  words: number;
}

function* stepParts(step: DemoStep, stepNumber: number, prompt: LanguageModelV4Prompt): Generator<PacedPart> {
  yield { words: 0, part: { type: "stream-start", warnings: [] } };
  const thoughtId = `thought-${stepNumber}`;
  if (step.thought) {
    yield { words: 0, part: { type: "reasoning-start", id: thoughtId } };
    for (const delta of wordsOf(step.thought))
      yield { words: 1, part: { type: "reasoning-delta", id: thoughtId, delta } };
    yield { words: 0, part: { type: "reasoning-end", id: thoughtId } };
  }
  const textId = `text-${stepNumber}`;
  if (step.text) {
    yield { words: 0, part: { type: "text-start", id: textId } };
    for (const delta of wordsOf(step.text)) yield { words: 1, part: { type: "text-delta", id: textId, delta } };
    yield { words: 0, part: { type: "text-end", id: textId } };
  }
  for (const [index, call] of step.calls.entries()) {
    const id = `call-${stepNumber}-${index}`;
    const input = JSON.stringify(call.input);
    yield { words: PAUSE_WORDS, part: { type: "tool-input-start", id, toolName: call.name } };
    yield { words: 0, part: { type: "tool-input-delta", id, delta: input } };
    yield { words: 0, part: { type: "tool-input-end", id } };
    yield { words: 0, part: { type: "tool-call", toolCallId: id, toolName: call.name, input } };
  }
  const unified = step.calls.length > 0 ? "tool-calls" : "stop";
  yield { words: 0, part: { type: "finish", usage: usageOf(step, prompt), finishReason: { unified, raw: undefined } } };
}

/** Nothing is computed ahead: a cancel between two words ends the stream there. */
function paced(
  parts: Generator<PacedPart>,
  paceMs: number,
  { abortSignal }: LanguageModelV4CallOptions,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream(
    {
      async pull(controller) {
        const next = parts.next();
        if (next.done) return controller.close();
        if (next.value.words > 0 && paceMs > 0) await pause(next.value.words * paceMs, abortSignal);
        if (abortSignal?.aborted) return controller.error(abortSignal.reason);
        controller.enqueue(next.value.part);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The last message of the person, and the tool results after it. */
function readPrompt(prompt: LanguageModelV4Prompt): { prompt: string; results: DemoResult[] } {
  const lastUser = prompt.findLastIndex(({ role }) => role === "user");
  const message = prompt[lastUser];
  const text =
    message?.role === "user" ? message.content.map((part) => (part.type === "text" ? part.text : "")).join("") : "";
  const results: DemoResult[] = [];
  for (const { role, content } of prompt.slice(lastUser + 1)) {
    if (role !== "tool") continue;
    for (const part of content) {
      if (part.type === "tool-result")
        results.push({ name: part.toolName, output: isRecord(part.output) ? valueOf(part.output) : null });
    }
  }
  return { prompt: text, results };
}

function valueOf(output: Record<string, unknown>): unknown {
  return output["value"];
}

/** The words with the white space after them: joined they are the text again. */
function wordsOf(text: string): string[] {
  return text.match(/\s*\S+\s*?(?=\S|$)|\s+$/g) ?? [];
}

function usageOf(step: DemoStep, prompt: LanguageModelV4Prompt): LanguageModelV4Usage {
  const thought = countTokens(step.thought ?? "");
  const said = countTokens(step.text) + countTokens(JSON.stringify(step.calls));
  const input = countTokens(JSON.stringify(prompt));
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: said + thought, text: said, reasoning: thought },
  };
}

/** About four characters are a token. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
