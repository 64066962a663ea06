/**
 * How much an operator has under way at once, over all its turns: appends, and their bytes until the host has answered.
 * That bound holds back a link whose other end does not read, wherever the bytes would wait: in the socket, where
 * `bufferedAmount` tells, in the kernel, in a proxy, or in a service between the two. So it is the same on both links.
 */
import { OPERATOR_APPENDS_IN_FLIGHT } from "@signalbox/catalog/bounds";
import { APPEND_WINDOW_BYTES } from "./limits.ts";

/** An append that was sent. */
export interface SentAppend<T> {
  bytes: number;
  answer: Promise<T>;
}

export interface AppendSlots {
  /**
   * Calls `begin` when a slot is free and fewer than the window's bytes are unanswered; who came first goes first. It sends
   * one append, or finds that there is none any more. Resolves with the answer, or null.
   */
  run<T>(begin: () => SentAppend<T> | null): Promise<T | null>;
}

export function createAppendSlots(limit = OPERATOR_APPENDS_IN_FLIGHT, windowBytes = APPEND_WINDOW_BYTES): AppendSlots {
  let running = 0;
  let unanswered = 0;
  const waiting: (() => void)[] = [];

  function admit(): void {
    while (running < limit && unanswered < windowBytes) {
      const begin = waiting.shift();
      if (!begin) return;
      begin();
    }
  }

  async function follow<T>({ bytes, answer }: SentAppend<T>): Promise<T> {
    running += 1;
    unanswered += bytes;
    try {
      return await answer;
    } finally {
      running -= 1;
      unanswered -= bytes;
      admit();
    }
  }

  /** Up to its first wait without a pause, so that the next one finds it counted. */
  async function start<T>(begin: () => SentAppend<T> | null): Promise<T | null> {
    const append = begin();
    return append && follow(append);
  }

  return {
    run: (begin) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(start(begin)));
        admit();
      }),
  };
}
