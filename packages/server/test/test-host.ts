/** A whole host on a real store, without a port: services wired as in the product, two workspaces and their people. */
import { randomUUID } from "node:crypto";
import { pino } from "pino";
import type { Principal } from "../src/access/principal.ts";
import type { Role } from "../src/access/role.ts";
import type { Scope } from "../src/access/scope.ts";
import type { Config } from "../src/config.ts";
import { createHost, type Host, type HostOptions } from "../src/host.ts";
import { session } from "../src/store/schema.ts";
import type { Store } from "../src/store/store.ts";

export interface Person {
  id: string;
  principal: Principal;
}

export interface TestHost {
  host: Host;
  /** Makes a workspace with an owner. */
  workspace(name?: string): Promise<{ id: string; owner: Person; scope: Scope }>;
  /** A person with an open session. */
  person(workspaceId: string, role: Role): Promise<Person>;
  scope(person: Person, workspaceId: string): Promise<Scope>;
  /** Ends what the host started, and its store. */
  close(): Promise<void>;
}

export async function createTestHost(
  store: Store,
  config: Partial<Config> = {},
  options: Pick<HostOptions, "hasBackgroundWork"> = {},
): Promise<TestHost> {
  const host = await createHost({
    ...options,
    store,
    logger: pino({ level: "silent" }),
    config: {
      port: 0,
      hostname: "127.0.0.1",
      url: "http://127.0.0.1:3000",
      dataDir: "",
      secret: "a secret for tests that has more than thirty-two characters",
      databaseUrl: null,
      isDemo: false,
      maxStreams: 100,
      maxStreamsPerPerson: 6,
      drainSeconds: 0,
      trustedProxies: [],
      metricsToken: null,
      webPubSub: null,
      ...config,
    },
  });
  const person = async (workspaceId: string, role: Role): Promise<Person> => {
    const email = `${randomUUID()}@example.com`;
    const { id } = await host.workspaces.addMember({ workspaceId, email, role, name: role });
    const sessionId = randomUUID();
    const expiresAt = new Date(Date.now() + 3_600_000);
    await store.system((tx) =>
      tx.insert(session).values({ id: sessionId, token: randomUUID(), userId: id, expiresAt }),
    );
    return { id, principal: { kind: "person", personId: id, name: role, email, sessionId } };
  };
  const scope = (who: Person, workspaceId: string) => host.access.forWorkspace(who.principal, workspaceId);
  return {
    host,
    person,
    scope,
    close: () => host.close(),
    async workspace(name = "Team") {
      const { id } = await host.workspaces.create(name);
      const owner = await person(id, "owner");
      return { id, owner, scope: await scope(owner, id) };
    },
  };
}
