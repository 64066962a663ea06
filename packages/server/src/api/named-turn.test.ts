/** A turn for `curl` and for languages without tRPC. */
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { ask, serveHost, type HttpHost } from "../../test/http-host.ts";
import { readNamed, type NamedReader } from "../../test/named-reader.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";

const entriesOf = ({ events }: NamedReader) =>
  events.flatMap(({ event, data }) => (event === "entries" ? (data["entries"] as LoggedEntry[]) : []));
const numbersOf = (reader: NamedReader) => entriesOf(reader).map(({ seq }) => seq);

describeHosts("a turn as named events", (bed) => {
  let http: HttpHost;
  beforeAll(async () => {
    http = await serveHost(bed.test);
  });
  afterAll(() => http.close());

  async function talk() {
    const { id, scope } = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    const append = (...entries: Parameters<typeof operator.append>[1]) => operator.append(turnId, entries);
    return {
      append,
      headers: { authorization: `Bearer ${key}` },
      url: (query: Record<string, string> = {}) =>
        `${http.url}/__/turn?${new URLSearchParams({ turnId, ...query }).toString()}`,
    };
  }
  const epoch = () => bed.opened.store.epoch();

  it("[SG13] [TU2] brings its entries as they come, each event with its cursor, and ends after the turn-end", async () => {
    const { append, headers, url } = await talk();
    await append(...texts(1, 2));
    const reader = readNamed(url({ format: "named" }), headers);
    await eventually(() => numbersOf(reader).length === 2);
    await append(...texts(3, 4), end(5));
    await reader.ended;
    expect(new Set(reader.names())).toEqual(new Set(["entries"]));
    expect(numbersOf(reader)).toEqual([1, 2, 3, 4, 5]);
    expect(entriesOf(reader).at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
    for (const { id, data } of reader.events) expect(id).toBe(`${epoch()}.${String(data["last"])}`);
  });

  it("[SG13] [TU3] resumes from any cursor, by header or by parameter, and has nothing to say at its end", async () => {
    const { append, headers, url } = await talk();
    await append(...texts(1, 3), end(4));
    for (const after of [1, 2, 3, 4]) {
      const cursor = `${epoch()}.${after}`;
      const rest = [1, 2, 3, 4].slice(after);
      for (const reader of [
        readNamed(url(), { ...headers, "last-event-id": cursor }),
        readNamed(url({ lastEventId: cursor }), headers),
      ]) {
        await reader.ended;
        expect(numbersOf(reader)).toEqual(rest);
      }
    }
  });

  it.each(["nonsense", "99.1", "1.999999"])(
    "[CU3] [TU4] takes the cursor %j for an unknown position: one resync, then the whole log",
    async (lastEventId) => {
      const { append, headers, url } = await talk();
      await append(...texts(1, 2), end(3));
      const reader = readNamed(url({ lastEventId }), headers);
      await reader.ended;
      expect(reader.events[0]).toMatchObject({ event: "resync", id: `${epoch()}.0`, data: { from: "start" } });
      expect(reader.names().filter((name) => name === "resync")).toHaveLength(1);
      expect(numbersOf(reader)).toEqual([1, 2, 3]);
    },
  );

  it("[ST5] [SG13] says why it ends, where the host ends it", async () => {
    const { append, headers, url } = await talk();
    await append(...texts(1, 1));
    const reader = readNamed(url(), headers);
    await eventually(() => numbersOf(reader).length === 1);
    bed.test.host.admission.closeWhere(({ kind }) => kind === "turn", "draining");
    await reader.ended;
    expect(reader.events.at(-1)).toMatchObject({ event: "close", id: `${epoch()}.1`, data: { code: "draining" } });
  });

  it("[SG13] is what curl gets: it prints the turn and ends with it", async () => {
    const { append, headers, url } = await talk();
    await append(...texts(1, 1));
    const curl = execFile("curl", ["-sN", "-H", `Authorization: ${headers.authorization}`, url({ format: "named" })]);
    let text = "";
    given(curl.stdout).on("data", (chunk: string) => {
      text += chunk;
    });
    const exited = new Promise<number | null>((resolve) => curl.once("close", resolve));
    await eventually(() => text.includes('event: entries\ndata: {"first":1,"last":1,'));
    await append(end(2));
    expect(await exited).toBe(0);
    expect(text.startsWith("retry: 1000\n\n")).toBe(true);
    expect(text).toContain('"kind":"turn-end"');
    expect(text).not.toContain("event: return");
  });

  it("[RQ2] [ST2] refuses before anything starts: nobody, a turn that is not there, no turn, another format", async () => {
    const { headers, url } = await talk();
    const codeOf = async (address: string, sent: Record<string, string> = headers) => {
      const { status, body } = await ask(address, { headers: sent });
      return `${status} ${(JSON.parse(body) as { error: { code: string } }).error.code}`;
    };
    expect(await codeOf(url(), {})).toBe("401 unauthenticated");
    expect(await codeOf(url({ turnId: "unknown" }))).toBe("404 not-found");
    expect(await codeOf(`${http.url}/__/turn`)).toBe("400 bad-request");
    expect(await codeOf(url({ format: "xml" }))).toBe("400 bad-request");
  });
});
