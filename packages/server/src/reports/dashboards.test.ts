import { TILES_PER_DASHBOARD } from "@signalbox/catalog/bounds";
import { desc, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { createCaller } from "../api/root.ts";
import { dashboardTile, outbox } from "../store/schema.ts";

describeHosts("a dashboard", (bed) => {
  async function filled() {
    const made = await bed.test.workspace();
    const { dashboards } = bed.test.host;
    await dashboards.add(made.scope, { panelId: "burndown" });
    await dashboards.add(made.scope, { panelId: "velocity", params: { sprints: 4 } });
    const { tiles } = await dashboards.add(made.scope, { panelId: "scorecard" });
    const [first, second, third] = tiles.map(({ id }) => id);
    return { ...made, dashboards, first: given(first), second: given(second), third: given(third) };
  }

  it("keeps its tiles in the order in which they were put, with their parameters", async () => {
    const { scope, dashboards, first, second, third } = await filled();
    const ids = async () => (await dashboards.get(scope)).tiles.map(({ id }) => id);
    expect((await dashboards.get(scope)).tiles[1]).toEqual({ id: second, panelId: "velocity", params: { sprints: 4 } });
    await dashboards.move(scope, { tileId: third, before: first });
    expect(await ids()).toEqual([third, first, second]);
    await dashboards.move(scope, { tileId: third });
    expect(await ids()).toEqual([first, second, third]);
    await dashboards.move(scope, { tileId: first, before: third });
    expect(await ids()).toEqual([second, first, third]);
    await dashboards.remove(scope, first);
    expect(await ids()).toEqual([second, third]);
    await expect(dashboards.move(scope, { tileId: second, before: first })).rejects.toMatchObject({ code: "conflict" });
    await expect(dashboards.remove(scope, first)).rejects.toMatchObject({ code: "not-found" });
  });

  it("says each change, and nothing where nothing changed", async () => {
    const { id, scope, dashboards, first, second } = await filled();
    const newest = () =>
      bed.opened.store.read(scope, (tx) => tx.select().from(outbox).orderBy(desc(outbox.seq)).limit(1));
    const [before] = await newest();
    expect(before).toMatchObject({ name: "dashboard.changed", ids: { dashboard: id } });
    await dashboards.move(scope, { tileId: first, before: second });
    expect(await newest()).toEqual([before]);
    await dashboards.replace(scope, { tileId: first, panelId: "explore", params: { groupBy: "sprint" } });
    expect((await newest())[0]?.seq).toBe(given(before).seq + 1);
  });

  it("takes two moves at the same instant without losing one", async () => {
    const { scope, dashboards, first, second, third } = await filled();
    await Promise.all([
      dashboards.move(scope, { tileId: second, before: first }),
      dashboards.move(scope, { tileId: third, before: first }),
    ]);
    const { tiles } = await dashboards.get(scope);
    expect(tiles.at(-1)?.id).toBe(first);
    expect(tiles).toHaveLength(3);
  });

  it("answers with a tile that names a panel this version does not know, and lets it be replaced", async () => {
    const { id, owner, dashboards, scope, first } = await filled();
    await bed.opened.store.system((tx) =>
      tx
        .update(dashboardTile)
        .set({ panelId: "weather", params: { city: "Rome" } })
        .where(eq(dashboardTile.id, first)),
    );
    const caller = createCaller({ host: bed.test.host, principal: owner.principal });
    expect((await caller.dashboard.get({ workspaceId: id })).tiles[0]).toMatchObject({ id: first, panelId: "weather" });
    await caller.dashboard.replaceTile({ workspaceId: id, tileId: first, panelId: "explore" });
    expect((await dashboards.get(scope)).tiles[0]).toEqual({ id: first, panelId: "explore", params: {} });
    const unknown = caller.dashboard.addTile({ workspaceId: id, panelId: "weather" } as never);
    await expect(unknown).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("is read by viewers and changed by members, within its workspace", async () => {
    const { id, first } = await filled();
    const viewer = await bed.test.person(id, "viewer");
    const stranger = (await bed.test.workspace()).owner;
    const asViewer = createCaller({ host: bed.test.host, principal: viewer.principal });
    expect((await asViewer.dashboard.get({ workspaceId: id })).tiles).toHaveLength(3);
    await expect(asViewer.dashboard.removeTile({ workspaceId: id, tileId: first })).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    const asStranger = createCaller({ host: bed.test.host, principal: stranger.principal });
    await expect(asStranger.dashboard.get({ workspaceId: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("is bounded", async () => {
    const { scope, dashboards } = await filled();
    for (let count = 3; count < TILES_PER_DASHBOARD; count += 1) await dashboards.add(scope, { panelId: "explore" });
    await expect(dashboards.add(scope, { panelId: "explore" })).rejects.toMatchObject({ code: "conflict" });
  });
});
