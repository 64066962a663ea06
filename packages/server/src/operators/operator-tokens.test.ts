import { CHANNEL_FENCED } from "@signalbox/catalog/channel-close";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { OPERATOR_TOKEN_OVERLAP_MS } from "@signalbox/catalog/timing";
import { and, eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import type { WebSocket } from "ws";
import { describeHosts } from "../../test/describe-hosts.ts";
import { dialOperator, operatorAddress } from "../../test/dial-operator.ts";
import { eventually } from "../../test/eventually.ts";
import { serveHost } from "../../test/http-host.ts";
import { enroll, startTurn, texts, type TestOperator } from "../../test/operator-fixture.ts";
import { operator as operatorTable, outbox } from "../store/schema.ts";

describeHosts("an operator's token", (bed) => {
  async function enrolled() {
    const { id, scope } = await bed.test.workspace();
    return { id, scope, operator: await enroll(bed.test, id, { isConnected: false }) };
  }
  const isGood = async (token: string) => (await bed.test.host.operators.authenticate(token)) !== null;
  const rotate = async ({ identity }: TestOperator) => (await bed.test.host.operators.rotate(identity.id)).token;
  /** As if the exchange had begun that much earlier. */
  const pass = ({ identity }: TestOperator, ms: number) =>
    bed.opened.store.system(async (tx) => {
      await tx
        .update(operatorTable)
        .set({ tokenRotatedAt: sql`${operatorTable.tokenRotatedAt} - ${`${ms} milliseconds`}::interval` })
        .where(eq(operatorTable.id, identity.id));
    });

  it("[OP25] is exchanged: both are good until the new one is used, then the new one alone", async () => {
    const { operator } = await enrolled();
    const next = await rotate(operator);
    expect(next).toMatch(/^sbx_op_/);
    expect([await isGood(operator.token), await isGood(operator.token)]).toEqual([true, true]);
    expect(await bed.test.host.operators.authenticate(next)).toMatchObject(operator.identity);
    expect([await isGood(operator.token), await isGood(next)]).toEqual([false, true]);
  });

  it("[OP25] is used for the first time by two at once: both come in, and one exchange is made", async () => {
    const { id, operator } = await enrolled();
    const next = await rotate(operator);
    expect(await Promise.all([isGood(next), isGood(next), isGood(next)])).toEqual([true, true, true]);
    const told = await bed.opened.store.system((tx) =>
      tx
        .select()
        .from(outbox)
        .where(and(eq(outbox.workspaceId, id), eq(outbox.name, "operator.changed"))),
    );
    // Enrolled, asked for a new token, exchanged.
    expect(told).toHaveLength(3);
  });

  it("[OP25] stays good for a day where the new one is not used; then only the new one is", async () => {
    const { operator } = await enrolled();
    const next = await rotate(operator);
    const { operators } = bed.test.host;
    await pass(operator, OPERATOR_TOKEN_OVERLAP_MS - 60_000);
    await operators.endOldTokens();
    expect(await isGood(operator.token)).toBe(true);
    await pass(operator, 60_000);
    await operators.endOldTokens();
    expect([await isGood(operator.token), await isGood(next)]).toEqual([false, true]);
  });

  it("[OP25] asked for again replaces the one that was not used, and lengthens the old one's day by nothing", async () => {
    const { operator } = await enrolled();
    const lost = await rotate(operator);
    await pass(operator, OPERATOR_TOKEN_OVERLAP_MS);
    const next = await rotate(operator);
    expect(await isGood(lost)).toBe(false);
    await bed.test.host.operators.endOldTokens();
    expect([await isGood(operator.token), await isGood(lost), await isGood(next)]).toEqual([false, false, true]);
  });

  it("is ended with the new one by a revocation, and a revoked operator gets none", async () => {
    const { operator } = await enrolled();
    const next = await rotate(operator);
    await bed.test.host.operators.revoke(operator.identity.id);
    expect([await isGood(operator.token), await isGood(next)]).toEqual([false, false]);
    await expect(rotate(operator)).rejects.toMatchObject({ code: "not-found" });
  });

  it("is kept as a hash, also while it is exchanged", async () => {
    const { operator } = await enrolled();
    const next = await rotate(operator);
    const [row] = await bed.opened.store.system((tx) =>
      tx.select().from(operatorTable).where(eq(operatorTable.id, operator.identity.id)),
    );
    for (const token of [operator.token, next])
      expect(JSON.stringify(row)).not.toContain(token.slice("sbx_op_".length));
    expect(row?.nextTokenHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("[OP25] [OP10] the connection of the old one is fenced as soon as the new one connects, and its turn goes on over the new one", async () => {
    const sockets: WebSocket[] = [];
    const http = await serveHost(bed.test);
    const { scope, operator } = await enrolled();
    const older = await dialOperator(operatorAddress(http), operator.token, sockets);
    const { generation: before } = await older.hello();
    const { turnId } = await startTurn(bed.test, scope);
    expect((await operator.append(turnId, texts(1, 2), before)).verdict).toBe("stored");
    const next = await rotate(operator);
    expect((await operator.append(turnId, texts(3, 3), before)).verdict).toBe("stored");
    expect(older.closed.code).toBeNull();

    const newer = await dialOperator(operatorAddress(http), next, sockets);
    await eventually(() => older.closed.code === CHANNEL_FENCED);
    expect((await operator.append(turnId, texts(4, 4), before)).verdict).toBe("fenced");
    const { generation } = await newer.hello();
    expect((await operator.append(turnId, texts(4, 4), generation)).verdict).toBe("stored");
    expect((await bed.test.host.operators.get(scope, operator.identity.id)).status).toBe("online");

    // What came with the old token, and says hello only now, fences nobody.
    const [late, last] = [await dialOperator(operatorAddress(http), next, sockets), await rotate(operator)];
    await dialOperator(operatorAddress(http), last, sockets);
    const hello = { protocol: PROTOCOL_VERSION, version: "0", instanceId: "i", profiles: [], turns: [] };
    expect((await late.call("hello", hello)).error?.json.data.code).toBe("CONFLICT");
    for (const socket of sockets) socket.terminate();
    await http.close();
  });
});
