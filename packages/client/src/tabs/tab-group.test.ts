import { LEADER_ASK_MS, LEADER_ASKS, LEADER_STEAL_SPREAD_MS } from "@signalbox/catalog/timing";
import { afterEach, describe, expect, it } from "vitest";
import { openTab, type BrowserTab } from "../../test/browser-tab.ts";
import { passUntil } from "../../test/pass-time.ts";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { joinTabGroup, type TabGroup } from "./tab-group.ts";

interface Member {
  tab: BrowserTab;
  group: TabGroup;
  heard: unknown[];
  /** Leads now; a lead that was not ended shows as more than one. */
  leads: number;
}
const members: Member[] = [];
let groups = 0;
afterEach(() => {
  for (const { tab, group } of members.splice(0)) {
    tab.thaw();
    group.leave();
  }
});

function setUp(count: number) {
  const clock = createVirtualClock();
  groups += 1;
  const join = (name = `group${groups}`) => {
    const tab = openTab(clock);
    const heard: unknown[] = [];
    const member = { tab, heard, leads: 0 } as Member;
    member.group = joinTabGroup({
      name,
      tabs: tab.tabs,
      lead() {
        member.leads += 1;
        return () => (member.leads -= 1);
      },
      standing: () => `standing ${members.indexOf(member)}`,
      onLeader: (body) => heard.push(body),
      onFollower: (body) => heard.push(`follower says ${String(body)}`),
      clock: tab.clock,
      random: () => 0.5,
    });
    members.push(member);
    return member;
  };
  const all = Array.from({ length: count }, () => join());
  const leading = () => members.filter(({ leads }) => leads > 0);
  const pass = (condition: () => boolean) => passUntil(clock, condition);
  return { clock, join, all, leading, pass };
}

const TAKEOVER_MS = (LEADER_ASKS + 2) * LEADER_ASK_MS + LEADER_STEAL_SPREAD_MS;

describe("a group of tabs", () => {
  it("has one leader, whom all others hear, and who hears them", async () => {
    const { all, leading, pass } = setUp(4);
    await pass(() => leading().length === 1);
    const [leader] = leading();
    leader?.group.send("news");
    const others = all.filter((one) => one !== leader);
    await pass(() => others.every(({ heard }) => heard.includes("news")));
    others[0]?.group.send("please");
    await pass(() => leader?.heard.includes("follower says please") === true);
    expect(others[1]?.heard).not.toContain("follower says please");
  });

  it("tells who comes how its leader stands", async () => {
    const { join, leading, pass } = setUp(1);
    await pass(() => leading().length === 1);
    const late = join();
    await pass(() => late.heard.length > 0);
    expect(late.heard).toEqual(["standing 0"]);
  });

  it("is quiet while its leader is heard, and does not replace one that answers", async () => {
    const { clock, all, leading, pass } = setUp(3);
    await pass(() => leading().length === 1);
    const [leader] = leading();
    for (let at = 0; at < 3 * TAKEOVER_MS; at += 100) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(leading()).toEqual([leader]);
    expect(all.reduce((sum, { heard }) => sum + heard.length, 0)).toBeGreaterThan(0);
  });

  it("replaces a frozen leader within its asks, once, and never hears what that one says afterwards", async () => {
    const { clock, all, leading, pass } = setUp(3);
    await pass(() => leading().length === 1);
    const [old] = leading();
    if (!old) throw new Error("Nobody leads");
    old.tab.freeze();
    const frozenAt = clock.now();
    await pass(() => leading().length === 2);
    expect(clock.now() - frozenAt).toBeLessThanOrEqual(TAKEOVER_MS);
    const heir = leading().find((one) => one !== old);
    const third = all.find((one) => one !== old && one !== heir);
    // Said while it was frozen, on its way when it wakes.
    old.group.send("stale");
    old.tab.thaw();
    await pass(() => old.leads === 0);
    heir?.group.send("after");
    await pass(() => third?.heard.includes("after") === true && old.heard.includes("after"));
    expect(third?.heard).not.toContain("stale");
    expect(leading()).toEqual([heir]);
  });

  it("passes the lead on when its leader leaves, and leads no more after leaving", async () => {
    const { all, leading, pass } = setUp(3);
    await pass(() => leading().length === 1);
    const [first] = leading();
    first?.group.leave();
    await pass(() => leading().length === 1 && leading()[0] !== first);
    for (const { group } of all) group.leave();
    expect(leading()).toEqual([]);
  });

  it("of another name knows nothing of it", async () => {
    const { join, leading, pass } = setUp(1);
    const stranger = join(`other${groups}`);
    await pass(() => leading().length === 2);
    expect(stranger.heard).toEqual([]);
  });
});
