import { MAILBOX_SLOTS, POLL_ANSWER_MAX_BYTES, POLL_TURN_ENTRIES } from "@signalbox/catalog/bounds";
import { PollSignalsAnswer, PollTurnAnswer } from "@signalbox/catalog/poll-answers";
import { expect, it } from "vitest";
import type { z } from "zod";
import { describeHosts } from "../../test/describe-hosts.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { isSignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { prune } from "../store/prune.ts";
import { pollSignals, pollTurn } from "./poll.ts";

describeHosts("polling", (bed) => {
  async function team() {
    const made = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "member" });
    const bearer = { authorization: `Bearer ${key}` };
    return {
      ...made,
      bearer,
      change: (...records: string[]) =>
        mutate(bed.opened.store, made.scope, async (_, emit) => {
          for (const initiative of records) emit("initiative.changed", { initiative });
        }),
      position: () => bed.test.host.signals.position(made.id),
    };
  }

  const request = (query: Record<string, string>, headers: Record<string, string>) =>
    new Request(`http://127.0.0.1:3000/api/poll/any?${new URLSearchParams(query).toString()}`, { headers });

  async function answerOf<S extends z.ZodType>(schema: S, answering: Promise<Response>) {
    const response = await answering;
    expect(response.status).toBe(200);
    return {
      etag: response.headers.get("etag") ?? "",
      ...(schema.parse(await response.json()) as z.output<S> & object),
    };
  }
  const signals = (query: Record<string, string>, headers: Record<string, string>) =>
    answerOf(PollSignalsAnswer, pollSignals(bed.test.host, request(query, headers)));
  const turn = (query: Record<string, string>, headers: Record<string, string>) =>
    answerOf(PollTurnAnswer, pollTurn(bed.test.host, request(query, headers)));
  const codeOf = (answering: Promise<Response>) =>
    answering.then(
      ({ status }) => String(status),
      (error: unknown) => (isSignalboxError(error) ? error.code : String(error)),
    );

  it("[PL1] tells the position without a cursor; then one signal per record after it, each once", async () => {
    const { id, bearer, change, position } = await team();
    await change("old");
    const first = await signals({ workspaceId: id }, bearer);
    expect(first).toMatchObject({ cursor: await position(), resync: null, signals: [] });
    await change("a", "b", "a");
    const second = await signals({ workspaceId: id, after: first.cursor }, bearer);
    expect(second.signals.map((signal) => signal.ids["initiative"])).toEqual(["b", "a"]);
    expect(second.cursor).toBe(await position());
    expect((await signals({ workspaceId: id, after: second.cursor }, bearer)).signals).toEqual([]);
  });

  it("[PL3] answers 304 without a body while nothing came after the position that the tag names", async () => {
    const { id, bearer, change } = await team();
    const { cursor, etag } = await signals({ workspaceId: id }, bearer);
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const same = await pollSignals(
        bed.test.host,
        request({ workspaceId: id, after: cursor }, { ...bearer, "if-none-match": tag }),
      );
      expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
    }
    await change("a");
    const news = await signals({ workspaceId: id, after: cursor }, { ...bearer, "if-none-match": etag });
    expect(news.signals).toHaveLength(1);
    expect(news.etag).not.toBe(etag);
  });

  it.each(["", "nonsense", "99.1", "0.0", "1.999999"])(
    "[CU3] [PL1] answers the cursor %j with a resync that carries the new one",
    async (after) => {
      const { id, bearer, change, position } = await team();
      await change("a");
      const answer = await signals({ workspaceId: id, after }, bearer);
      expect(answer).toMatchObject({ cursor: await position(), resync: { reason: "unknown-cursor" }, signals: [] });
      await change("b");
      expect((await signals({ workspaceId: id, after: answer.cursor }, bearer)).signals).toHaveLength(1);
    },
  );

  it("[CU3] [SG6] answers what was pruned, and more records than a batch names, with a resync", async () => {
    const { id, bearer, change, position } = await team();
    const after = await position();
    await change(...Array.from({ length: MAILBOX_SLOTS + 1 }, (_, index) => `r${index}`));
    expect(await signals({ workspaceId: id, after }, bearer)).toMatchObject({
      cursor: await position(),
      resync: { reason: "overflow" },
      signals: [],
    });
    await prune(
      bed.opened.store,
      { outboxMs: 0, outboxRows: Number.MAX_SAFE_INTEGER, turnLogMs: 1e12 },
      Date.now() + 1_000,
    );
    expect(await signals({ workspaceId: id, after }, bearer)).toMatchObject({ resync: { reason: "pruned" } });
  });

  it("[SG4] tells a person's signals to that person alone", async () => {
    const { id, scope, bearer, position } = await team();
    const after = await position();
    await mutate(bed.opened.store, scope, async (_, emit) => {
      emit("notification.arrived", { notification: "n" }, { personId: "somebody" });
      emit("initiative.changed", { initiative: "i" });
    });
    const { signals: heard } = await signals({ workspaceId: id, after }, bearer);
    expect(heard.map((signal) => signal.name)).toEqual(["initiative.changed"]);
  });

  it("[RQ2] [PL4] refuses as the streams do: nobody, a foreign page, a foreign workspace or turn, bad input", async () => {
    const { id, bearer } = await team();
    const other = await team();
    const { turnId } = await startTurn(bed.test, other.scope);
    const { host } = bed.test;
    const told = (query: Record<string, string>, headers: Record<string, string>) =>
      codeOf(pollSignals(host, request(query, headers)));
    expect(await told({ workspaceId: id }, {})).toBe("unauthenticated");
    expect(await told({ workspaceId: id }, { authorization: "Bearer sbx_key_wrong" })).toBe("unauthenticated");
    expect(await told({ workspaceId: id }, { ...bearer, origin: "https://elsewhere.example" })).toBe("forbidden");
    expect(await told({ workspaceId: other.id }, bearer)).toBe("not-found");
    expect(await told({ workspaceId: "nowhere" }, bearer)).toBe("not-found");
    expect(await told({}, bearer)).toBe("bad-request");
    expect(await codeOf(pollTurn(host, request({ turnId }, bearer)))).toBe("not-found");
    expect(await codeOf(pollTurn(host, request({ turnId: "x".repeat(65) }, bearer)))).toBe("bad-request");
  });

  it("[PL2] gives a turn's entries from any cursor without gap or repeat, and says when it is over", async () => {
    const { id, scope, bearer } = await team();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    const nothing = await turn({ turnId }, bearer);
    expect(nothing).toMatchObject({ resync: null, entries: [], done: false });
    await operator.append(turnId, texts(1, 3));
    const first = await turn({ turnId, after: nothing.cursor }, bearer);
    expect([first.entries.map(({ seq }) => seq), first.done]).toEqual([[1, 2, 3], false]);
    const same = await pollTurn(
      bed.test.host,
      request({ turnId, after: first.cursor }, { ...bearer, "if-none-match": first.etag }),
    );
    expect(same.status).toBe(304);
    await operator.append(turnId, [...texts(4, 4), end(5)]);
    const last = await turn({ turnId, after: first.cursor }, bearer);
    expect([last.entries.map(({ seq }) => seq), last.done]).toEqual([[4, 5], true]);
    expect(await turn({ turnId, after: last.cursor }, bearer)).toMatchObject({
      cursor: last.cursor,
      entries: [],
      done: true,
    });
  });

  it("[PL2] gives a long turn in answers of bounded size", async () => {
    const { id, scope, bearer } = await team();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    const count = POLL_TURN_ENTRIES + 100;
    for (let first = 1; first <= count; first += 200) {
      await operator.append(turnId, texts(first, Math.min(first + 199, count)));
    }
    const large = Array.from({ length: 40 }, (_, index) => ({
      seq: count + 1 + index,
      at: 1,
      kind: "text-delta",
      text: "x".repeat(60_000),
    }));
    for (let first = 0; first < large.length; first += 4) await operator.append(turnId, large.slice(first, first + 4));
    await operator.append(turnId, [end(count + 41)]);
    const seqs: number[] = [];
    let after: string | null = null;
    for (let isDone = false; !isDone;) {
      const answer: PollTurnAnswer = await turn({ turnId, ...(after !== null && { after }) }, bearer);
      expect(answer.entries.length).toBeLessThanOrEqual(POLL_TURN_ENTRIES);
      expect(JSON.stringify(answer.entries).length).toBeLessThan(POLL_ANSWER_MAX_BYTES + 70_000);
      seqs.push(...answer.entries.map(({ seq }) => seq));
      after = answer.cursor;
      isDone = answer.done;
      // Each answer that leaves some says so, also one that is cut by its bytes.
      expect(answer.more).toBe(!answer.done);
    }
    expect(seqs).toEqual(Array.from({ length: count + 41 }, (_, index) => index + 1));
  });

  it.each(["", "nonsense", "99.1", "1.999999999999999"])(
    "[TU4] [PL2] answers a turn's cursor %j with a resync to its start, then to its record",
    async (after) => {
      const { id, scope, bearer } = await team();
      const operator = await enroll(bed.test, id);
      const { turnId } = await startTurn(bed.test, scope);
      await operator.append(turnId, [...texts(1, 2), end(3)]);
      const whole = await turn({ turnId, after }, bearer);
      expect(whole).toMatchObject({ resync: "start", reason: "unknown-cursor", more: false, done: true });
      expect(whole.entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      await prune(
        bed.opened.store,
        { outboxMs: 1e12, outboxRows: Number.MAX_SAFE_INTEGER, turnLogMs: 0 },
        Date.now() + 1_000,
      );
      expect(await turn({ turnId, after }, bearer)).toMatchObject({
        cursor: whole.cursor,
        resync: "record",
        reason: "unknown-cursor",
        entries: [],
        done: true,
      });
      expect(await turn({ turnId }, bearer)).toMatchObject({ resync: "record", reason: "pruned", done: true });
      expect(await turn({ turnId, after: whole.cursor }, bearer)).toMatchObject({
        resync: null,
        entries: [],
        done: true,
      });
    },
  );
});
