import { STREAMS_PER_ADDRESS } from "@signalbox/catalog/bounds";
import { expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { ask, openRaw, serveHost, type RawStream } from "../../test/http-host.ts";
import { describeStores } from "../../test/stores.ts";
import { createTestHost } from "../../test/test-host.ts";
import { CLIENT_ADDRESS_HEADER } from "../access/auth.ts";

describeStores("streams of one address", (open) => {
  it("[ST6] are counted where a trusted proxy vouches for it, and refused with 429 beyond the bound; no header of a client's own counts", async () => {
    const opened = await open();
    const limits = { maxStreams: 1_000, maxStreamsPerPerson: 1_000, trustedProxies: ["127.0.0.1"] };
    const test = await createTestHost(opened.store, limits);
    const http = await serveHost(test);
    const { id } = await test.workspace();
    const { key } = await test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const url = http.streamUrl("events", { workspaceId: id });
    const from = (address: string, more = {}) => ({
      authorization: `Bearer ${key}`,
      "x-forwarded-for": address,
      ...more,
    });
    const streams: RawStream[] = [];
    for (let index = 0; index < STREAMS_PER_ADDRESS; index++) streams.push(await openRaw(url, from("203.0.113.7")));
    expect(new Set(streams.map(({ status }) => status))).toEqual(new Set([200]));
    const headers = from("198.51.100.1, 203.0.113.7", { [CLIENT_ADDRESS_HEADER]: "198.51.100.2" });
    const refused = await ask(url, { headers });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "5"]);
    streams.push(await openRaw(url, from("203.0.113.8")), await openRaw(url, { authorization: `Bearer ${key}` }));
    expect(streams.slice(-2).map(({ status }) => status)).toEqual([200, 200]);
    given(streams[0]).destroy();
    await eventually(() => test.host.admission.count() === STREAMS_PER_ADDRESS + 1);
    const admitted = await openRaw(url, headers);
    expect(admitted.status).toBe(200);
    for (const stream of [admitted, ...streams]) stream.destroy();
    await eventually(() => test.host.admission.count() === 0);
    await http.close();
    await test.close();
    await opened.close();
  });
});
