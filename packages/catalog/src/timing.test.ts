import { describe, expect, it } from "vitest";
import {
  APPEND_MAX_BYTES,
  ENTRY_MAX_BYTES,
  OPERATOR_MESSAGE_MAX_BYTES,
  SIGNAL_RING,
  MAILBOX_SLOTS,
  TURN_RING_LENGTH,
} from "./bounds.ts";
import * as timing from "./timing.ts";

const {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  BACKOFF_RESTART_CAP_MS,
  BACKOFF_TRIES,
  CLOSING_GRACE_MS,
  CONNECT_TIMEOUT_MS,
  DOORBELL_BACKSTOP_MS,
  GROUP_COMMIT_MS,
  HEALTHY_BEFORE_RESET_MS,
  HEARTBEAT_MS,
  OPERATOR_LEASE_MS,
  OPERATOR_PING_MS,
  PANEL_MAX_WAIT_MS,
  POLL_STATE_MS,
  REAPER_TICK_MS,
  REFRESH_WINDOW_MS,
  RESTART_EXPECTED_MS,
  SIGNAL_WINDOW_MAX_MS,
  SIGNAL_WINDOW_MS,
  SILENCE_BEFORE_RECONNECT_MS,
  STOP_GRACE_MS,
  STREAM_LEASE_MS,
  STREAM_MAX_AGE_MS,
  STREAM_RENEW_MS,
  WRITER_STALL_MS,
} = timing;

describe("the time constants", () => {
  it("are all positive and whole", () => {
    for (const [name, value] of Object.entries(timing))
      expect({ name, is: Number.isInteger(value) && value > 0 }).toEqual({ name, is: true });
  });

  it("a client gives a stream up after two and a half heartbeats, before an idle proxy of 60 s would", () => {
    expect(SILENCE_BEFORE_RECONNECT_MS).toBeGreaterThanOrEqual(2.5 * HEARTBEAT_MS);
    expect(SILENCE_BEFORE_RECONNECT_MS).toBeLessThan(60_000);
    expect(HEARTBEAT_MS).toBeLessThan(30_000);
  });

  it("a connect is given up before silence would be, and a stream is healthy only when it outlived a connect", () => {
    expect(CONNECT_TIMEOUT_MS).toBeLessThan(SILENCE_BEFORE_RECONNECT_MS);
    expect(HEALTHY_BEFORE_RESET_MS).toBeGreaterThanOrEqual(CONNECT_TIMEOUT_MS);
  });

  it("the back-off doubles from its base to its cap within its tries", () => {
    expect(BACKOFF_BASE_MS * 2 ** (BACKOFF_TRIES - 1)).toBeGreaterThan(BACKOFF_CAP_MS);
    expect(BACKOFF_CAP_MS).toBeLessThan(SILENCE_BEFORE_RECONNECT_MS);
  });

  it("whoever waits for a host that restarts is back within five seconds of its start", () => {
    expect(BACKOFF_RESTART_CAP_MS).toBeLessThan(5_000);
    expect(BACKOFF_RESTART_CAP_MS).toBeGreaterThan(BACKOFF_BASE_MS);
    expect(RESTART_EXPECTED_MS).toBeGreaterThan(BACKOFF_RESTART_CAP_MS);
  });

  it("three of an operator's pings fit into its lease, and so do many looks of the reaper", () => {
    expect(3 * OPERATOR_PING_MS).toBeLessThanOrEqual(OPERATOR_LEASE_MS);
    expect(10 * REAPER_TICK_MS).toBeLessThanOrEqual(OPERATOR_LEASE_MS);
    // What counts as sleep is shorter than what would fail a turn.
    expect(2 * REAPER_TICK_MS).toBeLessThan(OPERATOR_LEASE_MS);
  });

  it("two renewals of a stream fit into its lease, however late after its time each comes", () => {
    expect(2 * (STREAM_RENEW_MS + HEARTBEAT_MS)).toBeLessThan(STREAM_LEASE_MS);
    // A renewal that is lost because the reader's connection is: it has given that up before the lease runs out.
    expect(SILENCE_BEFORE_RECONNECT_MS).toBeLessThan(STREAM_LEASE_MS);
  });

  it("an operator that reconnects with the longest pause is back within its lease", () => {
    expect(OPERATOR_PING_MS + BACKOFF_CAP_MS + CONNECT_TIMEOUT_MS).toBeLessThan(OPERATOR_LEASE_MS);
  });

  it("what gathers, gathers for less than a person notices: signal, entry, refresh", () => {
    expect(GROUP_COMMIT_MS).toBeGreaterThanOrEqual(10);
    expect(GROUP_COMMIT_MS).toBeLessThanOrEqual(40);
    expect(SIGNAL_WINDOW_MS).toBeLessThan(SIGNAL_WINDOW_MAX_MS);
    expect(SIGNAL_WINDOW_MAX_MS).toBeLessThan(REFRESH_WINDOW_MS);
    expect(REFRESH_WINDOW_MS).toBeLessThanOrEqual(PANEL_MAX_WAIT_MS);
    expect(DOORBELL_BACKSTOP_MS).toBeLessThan(POLL_STATE_MS);
  });

  it("a stuck socket is reset long before its stream grows old, and a closed one before that", () => {
    expect(CLOSING_GRACE_MS).toBeLessThan(WRITER_STALL_MS);
    expect(WRITER_STALL_MS).toBeGreaterThan(HEARTBEAT_MS);
    expect(10 * WRITER_STALL_MS).toBeLessThan(STREAM_MAX_AGE_MS);
    expect(STOP_GRACE_MS).toBeLessThan(OPERATOR_LEASE_MS);
  });
});

describe("the sizes", () => {
  it("an append of the most bytes fits into a message of the operator's channel, whatever JSON adds", () => {
    expect(ENTRY_MAX_BYTES).toBeLessThan(APPEND_MAX_BYTES);
    expect(2 * APPEND_MAX_BYTES).toBeLessThan(OPERATOR_MESSAGE_MAX_BYTES);
    expect(TURN_RING_LENGTH).toBeGreaterThan(2 * APPEND_MAX_BYTES);
    expect(MAILBOX_SLOTS).toBeLessThanOrEqual(SIGNAL_RING);
  });
});
