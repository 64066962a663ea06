/** A bare operator on a WebSocket: it speaks tRPC's messages, and can say what no client of ours would. */
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { once } from "node:events";
import { WebSocket } from "ws";
import { eventually, given } from "./eventually.ts";
import type { HttpHost } from "./http-host.ts";
import { PROFILE } from "./operator-fixture.ts";

/** A message of tRPC's as it comes over the socket. */
interface Message {
  id: number | null;
  result?: { type: string; data?: { json: unknown } | [string, { json: unknown }] };
  error?: { json: { message: string; data: { code: string } } };
}

export function operatorAddress({ url }: HttpHost): string {
  return `${url.replace("http", "ws")}/__/operator`;
}

/** Connects, and says nothing yet. Its socket is added to `sockets`, for the test to end it. */
export async function dialOperator(address: string, token: string, sockets: WebSocket[]) {
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` } });
  sockets.push(socket);
  const messages: Message[] = [];
  const closed: { code: number | null } = { code: null };
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text.startsWith("{")) messages.push(JSON.parse(text) as Message);
  });
  socket.on("close", (code) => {
    closed.code = code;
  });
  socket.on("error", () => {});
  await once(socket, "open");
  let lastId = 0;
  const send = (method: string, path: string, input: unknown) => {
    const id = ++lastId;
    socket.send(JSON.stringify({ id, method, params: { path, input: { json: input } } }));
    return id;
  };
  return {
    socket,
    messages,
    closed,
    send,
    async call(path: string, input: unknown, method = "mutation"): Promise<Message> {
      const id = send(method, path, input);
      return eventually(() => messages.find((message) => message.id === id) ?? null);
    },
    async hello() {
      const answer = await this.call("hello", {
        protocol: PROTOCOL_VERSION,
        version: "0",
        instanceId: "i",
        profiles: [PROFILE],
        turns: [],
      });
      return (given(answer.result).data as { json: { generation: number; heartbeatMs: number } }).json;
    },
  };
}
