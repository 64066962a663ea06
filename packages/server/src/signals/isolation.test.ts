import type { Signal } from "@signalbox/catalog/signals";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { openRaw, serveHost, signIn, type HttpHost } from "../../test/http-host.ts";
import { readEvents } from "../../test/read-stream.ts";
import type { Person } from "../../test/test-host.ts";
import { ROLES } from "../access/role.ts";
import { grantScope } from "../access/scope.ts";
import { mutate } from "./outbox.ts";

const WORKSPACES = 3;
const PERSONS = 4;

/** What happens, drawn at random; indexes name a workspace and a person. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("touch" as const),
      workspace: fc.nat(WORKSPACES - 1),
      person: fc.nat(PERSONS - 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("notify" as const),
      workspace: fc.nat(WORKSPACES - 1),
      person: fc.nat(PERSONS - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("grant" as const),
      workspace: fc.nat(WORKSPACES - 1),
      person: fc.nat(PERSONS - 1),
      role: fc.constantFrom(...ROLES),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("revoke" as const),
      workspace: fc.nat(WORKSPACES - 1),
      person: fc.nat(PERSONS - 1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("open" as const),
      workspace: fc.nat(WORKSPACES - 1),
      person: fc.nat(PERSONS - 1),
      delivery: fc.constantFrom("latest" as const, "every" as const),
    }),
  },
);

/** A stream as this test reads it, by whichever way it came. */
interface Heard {
  signals(): Signal[];
  hasBegun(): boolean;
  isEnded(): boolean;
  ended: Promise<unknown>;
  leave(): unknown;
}

interface Listening {
  stream: Heard;
  person: Person;
  workspace: string;
  /** The number of the membership under which it was opened: one that was given again is another. */
  membership: number;
}

/** How a person opens the stream of a workspace. */
type Open = (person: Person, input: { workspaceId: string; delivery: "latest" | "every" }) => Promise<Heard>;

describeHosts("isolation", (bed) => {
  let http: HttpHost;
  beforeAll(async () => {
    http = await serveHost(bed.test);
  });
  afterAll(() => http.close());

  const byProcedure: Open = (person, input) => {
    const stream = readEvents(bed.test, person, input);
    return Promise.resolve({
      signals: () => stream.frames.flatMap(({ frame }) => (frame.type === "signals" ? frame.signals : [])),
      hasBegun: () => stream.frames.length > 0,
      isEnded: () => stream.slot.closing.aborted,
      ended: stream.ended,
      leave: stream.leave,
    });
  };
  const byDoor: Open = async (person, input) => {
    const cookie = await signIn(bed.test, person.id);
    const stream = await openRaw(http.streamUrl("events", input), { cookie });
    return {
      signals: () => stream.frames().flatMap(({ frame }) => (frame["signals"] ?? []) as Signal[]),
      hasBegun: () => stream.frames().length > 0,
      isEnded: stream.isEnded,
      ended: stream.ended,
      leave: stream.destroy,
    };
  };

  it.each([
    ["the procedure", byProcedure],
    ["the door, with a cookie", byDoor],
  ])(
    "S4 [SG4] [SG10]: by %s: whoever comes and goes where, each frame of each stream is of a workspace that its person was in, and for nobody else",
    async (_, open) => {
      const plans = fc.sample(fc.array(step, { minLength: 25, maxLength: 45 }), 4);
      for (const plan of plans) await play(plan, open);
    },
    60_000,
  );

  async function play(plan: (typeof step extends fc.Arbitrary<infer T> ? T : never)[], open: Open): Promise<void> {
    const workspaces = await Promise.all(Array.from({ length: WORKSPACES }, () => bed.test.workspace()));
    const home = await bed.test.workspace();
    const persons = await Promise.all(Array.from({ length: PERSONS }, () => bed.test.person(home.id, "viewer")));
    /** Who is in, with the number of the membership. */
    const members = new Map<string, number>();
    /** Per membership the number of the last signal at whose commit it held. */
    const heldUntil = new Map<number, number>();
    const seqOf = new Map<string, { seq: number; workspace: string; personId: string | null }>();
    const listening: Listening[] = [];
    let mark = 0;
    const nameOf = (workspace: string, person: Person) => `${workspace} ${person.id}`;
    const headOf = async (workspace: string) => Number((await bed.test.host.signals.position(workspace)).split(".")[1]);

    for (const one of plan) {
      const workspace = given(workspaces[one.workspace]).id;
      const person = given(persons[one.person]);
      const membership = members.get(nameOf(workspace, person));
      const scope = grantScope({ workspaceId: workspace, personId: person.id, role: "member" });
      if (one.kind === "touch" || one.kind === "notify") {
        const id = String(++mark);
        await mutate(bed.opened.store, scope, async (_, emit) => {
          if (one.kind === "touch") emit("initiative.changed", { initiative: id });
          else emit("notification.arrived", { notification: id }, { personId: person.id });
        });
        seqOf.set(id, { seq: await headOf(workspace), workspace, personId: one.kind === "notify" ? person.id : null });
      } else if (one.kind === "grant") {
        const email = person.principal.kind === "person" ? person.principal.email : "";
        await bed.test.host.workspaces.addMember({ workspaceId: workspace, email, role: one.role });
        if (membership === undefined) members.set(nameOf(workspace, person), ++mark);
      } else if (one.kind === "revoke") {
        if (membership === undefined) continue;
        await bed.test.host.workspaces.removeMember({ workspaceId: workspace, userId: person.id });
        members.delete(nameOf(workspace, person));
        heldUntil.set(membership, await headOf(workspace));
      } else if (membership !== undefined) {
        const stream = await open(person, { workspaceId: workspace, delivery: one.delivery });
        listening.push({ stream, person, workspace, membership });
        await eventually(() => stream.hasBegun() || stream.isEnded());
      }
    }
    for (const { id } of workspaces) {
      const scope = grantScope({ workspaceId: id, personId: "host", role: "owner" });
      await mutate(bed.opened.store, scope, async (_, emit) =>
        emit("initiative.changed", { initiative: `last ${id}` }),
      );
    }
    for (const { stream, person, workspace, membership } of listening) {
      const isEnded = heldUntil.has(membership);
      if (isEnded) await stream.ended;
      else
        await eventually(
          () => stream.isEnded() || stream.signals().some((signal) => signal.ids["initiative"] === `last ${workspace}`),
        );
      for (const signal of stream.signals()) {
        expect(signal.workspaceId).toBe(workspace);
        if (signal.personId !== undefined) expect(signal.personId).toBe(person.id);
        const about = seqOf.get(signal.ids["initiative"] ?? signal.ids["notification"] ?? "");
        if (!about) continue;
        expect(about.workspace).toBe(workspace);
        if (about.personId !== null) expect(about.personId).toBe(person.id);
        // Nothing that was committed after the membership had ended.
        expect(about.seq).toBeLessThanOrEqual(heldUntil.get(membership) ?? Number.MAX_SAFE_INTEGER);
      }
      await stream.leave();
    }
  }
});
