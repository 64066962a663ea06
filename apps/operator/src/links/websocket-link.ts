/** The default link: a WebSocket to the host, its token in the upgrade's header. */
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { CONNECT_TIMEOUT_MS } from "@signalbox/catalog/timing";
import { WebSocket } from "ws";
import { CLOSE_GRACE_MS } from "../limits.ts";
import { asBrowserSocket, messagesIn, type OperatorLink } from "./operator-link.ts";

export const webSocketLink: OperatorLink = ({ token, onSocket, onRefused, onLost, onClose }) => {
  class OperatorSocket extends WebSocket {
    constructor(url: string | URL) {
      super(url, {
        headers: { authorization: `Bearer ${token}` },
        maxPayload: OPERATOR_MESSAGE_MAX_BYTES,
        handshakeTimeout: CONNECT_TIMEOUT_MS,
      });
      onSocket(this);
      this.on("unexpected-response", (_request, response) => {
        const status = response.statusCode ?? 0;
        response.resume();
        if (status === 401) onRefused();
        else onLost(`the host answered ${status}`);
        this.terminate();
      });
      this.on("error", (error) => onLost(error.message));
      this.on("close", onClose);
    }
    /** tRPC's client says text, and nothing else. */
    override send(text: string): void {
      for (const message of messagesIn(text)) super.send(message);
    }
    /** A socket whose other end is dead would wait half a minute for the answer to its close. */
    override close(code?: number, data?: string | Buffer): void {
      super.close(code, data);
      setTimeout(() => this.terminate(), CLOSE_GRACE_MS).unref();
    }
  }
  return asBrowserSocket(OperatorSocket);
};
