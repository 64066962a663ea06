/** A host on each store for a file of tests, opened before them and closed after. */
import { afterAll, beforeAll } from "vitest";
import type { HostOptions } from "../src/host.ts";
import { describeStores, type OpenedStore } from "./stores.ts";
import { createTestHost, type TestHost } from "./test-host.ts";

export interface TestBed {
  readonly test: TestHost;
  readonly opened: OpenedStore;
}

/** Without background work the tests alone look after leases and what is old. */
export function describeHosts(
  name: string,
  tests: (bed: TestBed) => void,
  options: Pick<HostOptions, "hasBackgroundWork"> = {},
): void {
  describeStores(name, (open) => {
    let opened: OpenedStore | undefined;
    let test: TestHost | undefined;
    beforeAll(async () => {
      opened = await open();
      test = await createTestHost(opened.store, {}, options);
    });
    afterAll(async () => {
      await test?.close();
      await opened?.close();
    });
    const ready = <T>(value: T | undefined): T => {
      if (!value) throw new Error("The host is open within tests only.");
      return value;
    };
    tests({
      get test() {
        return ready(test);
      },
      get opened() {
        return ready(opened);
      },
    });
  });
}
