/** Signals for `curl` and for languages without tRPC, read by ten lines. */
import { execFile } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { ask, serveHost, type HttpHost } from "../../test/http-host.ts";
import { readNamed } from "../../test/named-reader.ts";
import { mutate } from "../signals/outbox.ts";

describeHosts("named events", (bed) => {
  let http: HttpHost;
  beforeAll(async () => {
    http = await serveHost(bed.test);
  });
  afterAll(() => http.close());

  async function team() {
    const made = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "viewer" });
    const headers = { authorization: `Bearer ${key}` };
    return {
      ...made,
      headers,
      url: (query: Record<string, string> = {}) =>
        `${http.url}/__/events?${new URLSearchParams({ workspaceId: made.id, ...query }).toString()}`,
      change: (...records: string[]) =>
        mutate(bed.opened.store, made.scope, async (_, emit) => {
          for (const initiative of records) emit("initiative.changed", { initiative });
        }),
    };
  }

  it("[SG13] one event per signal, by its name, with its payload and its own cursor", async () => {
    const { id, headers, url, change } = await team();
    const reader = readNamed(url({ format: "named" }), headers);
    await eventually(() => reader.names().includes("hello"));
    await change("a", "b");
    await eventually(() => reader.events.length >= 3);
    expect(reader.events.slice(1)).toMatchObject(
      ["a", "b"].map((initiative) => ({
        event: "initiative.changed",
        data: { name: "initiative.changed", ids: { initiative }, workspaceId: id, at: expect.any(Number) },
      })),
    );
    expect(reader.events.at(-1)?.id).toBe(await bed.test.host.signals.position(id));
    await reader.leave();
  });

  it("[SG13] [CU1] resumes from any event's id, by header or by parameter, with what came after it", async () => {
    const { headers, url, change } = await team();
    const first = readNamed(url({ delivery: "every" }), headers);
    await eventually(() => first.names().includes("hello"));
    await change("a", "b", "c");
    await eventually(() => first.events.length >= 4);
    await first.leave();
    for (const [index, { id = "" }] of first.events.entries()) {
      const rest = ["a", "b", "c"].slice(index);
      for (const again of [
        readNamed(url(), { ...headers, "last-event-id": id }),
        readNamed(url({ lastEventId: id }), headers),
      ]) {
        await eventually(() => again.events.length === rest.length + 1);
        expect(again.events.slice(1).map(({ data }) => (data["ids"] as Record<string, string>)["initiative"])).toEqual(
          rest,
        );
        await again.leave();
      }
    }
    const lost = readNamed(url({ lastEventId: "99.1" }), headers);
    await eventually(() => lost.events.length === 2);
    expect(lost.events[1]).toMatchObject({ event: "resync", data: { reason: "unknown-cursor" } });
    await lost.leave();
  });

  it("[SG9] [SG13] narrows to topics, one parameter or several, and ends with a close event that names its code", async () => {
    const { headers, url, change, scope } = await team();
    const { id } = await bed.test.host.initiatives.create(scope, { title: "T", description: "" });
    const reader = readNamed(`${url({ topics: `sprint,initiative:${id}` })}&topics=chat`, headers);
    await eventually(() => reader.names().includes("hello"));
    await change("another", id);
    await bed.test.host.sprints.create(scope, { name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" });
    await eventually(() => reader.names().includes("sprint.changed"));
    expect(reader.names()).toEqual(["hello", "initiative.changed", "sprint.changed"]);
    bed.test.host.admission.closeWhere(() => true, "draining");
    await eventually(() => reader.names().includes("close"));
    expect(reader.events.at(-1)).toMatchObject({ event: "close", data: { code: "draining" } });
  });

  it("[SG13] is what curl gets, with `retry:` and nothing that a pipe would wait for", async () => {
    const { headers, url, change } = await team();
    const curl = execFile("curl", ["-sN", "-H", `Authorization: ${headers.authorization}`, url({ format: "named" })]);
    let text = "";
    given(curl.stdout).on("data", (chunk: string) => {
      text += chunk;
    });
    await eventually(() => text.includes("event: hello"));
    await change("a");
    await eventually(() => text.includes("event: initiative.changed\ndata: {"));
    expect(text.startsWith("retry: 1000\n\n")).toBe(true);
    curl.kill();
  });

  it("[ST9] refuses what does not fit before anything starts: no workspace, another format, a topic of no kind, 2 KiB of input", async () => {
    const { headers, url, id } = await team();
    const codeOf = async (address: string) => {
      const { status, body } = await ask(address, { headers });
      return `${status} ${(JSON.parse(body) as { error: { code: string } }).error.code}`;
    };
    expect(await codeOf(`${http.url}/__/events`)).toBe("400 bad-request");
    expect(await codeOf(url({ format: "xml" }))).toBe("400 bad-request");
    expect(await codeOf(url({ topics: "nothing-of-ours" }))).toBe("400 bad-request");
    expect(await codeOf(url({ topics: "plan:unknown" }))).toBe("404 not-found");
    const many = Array.from({ length: 45 }, (_, index) => `sprint:${"x".repeat(40)}-${index}`);
    expect(await codeOf(url({ topics: many.join(",") }))).toBe("400 bad-request");
    expect(await codeOf(http.streamUrl("events", { workspaceId: id, topics: many }))).toBe("400 bad-request");
    expect(await codeOf(http.streamUrl("turn", { turnId: "t", padding: "x".repeat(2_100) }))).toBe("400 bad-request");
  });
});
