import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSendPace } from "./send-pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("[OP23] many are sent in their order, and never more in a second than may be", () => {
  const pace = createSendPace(400);
  const sentAt: number[] = [];
  const order: number[] = [];
  for (let id = 0; id < 1_300; id += 1) {
    pace.send(() => {
      sentAt.push(Date.now());
      order.push(id);
    });
  }
  vi.advanceTimersByTime(10_000);
  expect(order).toEqual(Array.from({ length: 1_300 }, (_, id) => id));
  // A whole second, the step at its beginning and the one at its end.
  const most = Math.max(...sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + 1_000).length));
  expect(most).toBeLessThanOrEqual(400);
  expect(Math.max(...sentAt) - Math.min(...sentAt)).toBeLessThan(4_000);
});

test("few are sent at once, also after many", () => {
  const pace = createSendPace(400);
  let sent = 0;
  const send = (): void => pace.send(() => (sent += 1));
  for (let id = 0; id < 100; id += 1) send();
  vi.advanceTimersByTime(1_000);
  expect(sent).toBe(100);
  expect(vi.getTimerCount()).toBe(0);
  send();
  expect(sent).toBe(101);
});

test("what waits when it is stopped is not sent", () => {
  const pace = createSendPace(400);
  let sent = 0;
  for (let id = 0; id < 100; id += 1) pace.send(() => (sent += 1));
  const before = sent;
  pace.stop();
  vi.advanceTimersByTime(1_000);
  expect([before < 100, sent, vi.getTimerCount()]).toEqual([true, before, 0]);
});
