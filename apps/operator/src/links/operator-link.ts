/**
 * What carries a session between operator and host: a class with the shape of the browser's WebSocket, of which tRPC's
 * client makes one for a session. What it can't say in that shape (a refusal before it opened) it says to its events.
 */
export interface LinkSocket {
  close(): void;
}

export interface LinkEvents {
  token: string;
  /** A connection begins. */
  onSocket(socket: LinkSocket): void;
  /** The host knows no such token. */
  onRefused(): void;
  /** It did not open, or is gone without a word: worth another try. */
  onLost(detail: string): void;
  /** It was closed with this code: one of RFC 6455, or one of the host's own. */
  onClose(code: number): void;
}

export type OperatorLink = (events: LinkEvents) => typeof globalThis.WebSocket;

/** tRPC's client uses only what these classes and the browser's WebSocket have in common. */
export function asBrowserSocket(socket: new (url: string | URL) => unknown): typeof globalThis.WebSocket {
  return socket as unknown as typeof globalThis.WebSocket;
}

/**
 * Calls of one moment, which tRPC's client says as one list, each as a message of its own: the host's bound is one for a
 * message, and a list of calls that keep it would go beyond it.
 */
export function messagesIn(text: string): string[] {
  if (!text.startsWith("[")) return [text];
  const list: unknown = JSON.parse(text);
  return Array.isArray(list) ? list.map((message) => JSON.stringify(message)) : [text];
}
