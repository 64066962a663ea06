import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/**
 * A TCP proxy between a client and its host, whose faults are switched while it runs. Seeded: a run that failed can be
 * repeated. Faults of bytes strike streams alone: what corrupts an ordinary answer is TCP's and TLS's to find.
 */
export interface Faults {
  /** Connections are reset as soon as they come. */
  refuse: boolean;
  /** Connections are accepted, and nothing is ever answered. */
  hang: boolean;
  /** Streams are answered with this, in the host's place. */
  answer: { status: number; type: string; body: string; headers?: string } | null;
  /** Bytes this way are held: the other side is there, and silent. */
  holdDown: boolean;
  holdUp: boolean;
  /** Streams are cut after so many bytes, each time: by a reset, or by an orderly end in mid-event. */
  resetAfterBytes: number;
  endAfterBytes: number;
  /** Streams come in pieces of so many bytes. */
  sliceBytes: number;
  /** Streams come only after so many bytes have gathered, as behind a proxy that buffers. */
  bufferBytes: number;
  /** Of a stream's chunks, the share of which one byte is another, or that come twice. */
  corruptRate: number;
  doubleRate: number;
  /** Who went away is not told of: the host's end stays open, and is drained. */
  keepFar: boolean;
}

export const NO_FAULTS: Faults = {
  refuse: false,
  hang: false,
  answer: null,
  holdDown: false,
  holdUp: false,
  resetAfterBytes: 0,
  endAfterBytes: 0,
  sliceBytes: 0,
  bufferBytes: 0,
  corruptRate: 0,
  doubleRate: 0,
  keepFar: false,
};

export interface ChaosProxy {
  url: string;
  /** Changes apply to open connections too. */
  set(faults: Partial<Faults>): void;
  /** Ends all faults. What was held goes on its way. */
  heal(): void;
  /** Resets every connection once. */
  reset(): void;
  /** What is open goes silent both ways, for good, as behind a router that forgot it; what is opened from now on works. */
  strand(): void;
  /** From now on connections go to this host; open ones stay where they are. */
  retarget(targetUrl: string): void;
  close(): Promise<void>;
}

interface Link {
  near: Socket;
  far: Socket;
  isStream: boolean;
  isStranded: boolean;
  /** Bytes of the stream sent down so far. */
  sent: number;
  buffered: Buffer[];
  held: { down: Buffer[]; up: Buffer[] };
}

export async function startChaosProxy(targetUrl: string, seed = 1): Promise<ChaosProxy> {
  const random = seededRandom(seed);
  let target = new URL(targetUrl);
  const links = new Set<Link>();
  const others = new Set<Socket>();
  let faults = NO_FAULTS;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.setNoDelay(true);
    near.on("error", () => near.destroy());
    if (faults.refuse) return void near.resetAndDestroy();
    if (faults.hang) {
      others.add(near);
      return void near.once("close", () => others.delete(near));
    }
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const link: Link = {
      near,
      far,
      isStream: false,
      isStranded: false,
      sent: 0,
      buffered: [],
      held: { down: [], up: [] },
    };
    links.add(link);
    near.on("data", (data) => up(link, data));
    far.on("data", (data) => down(link, data));
    near.on("end", () => !faults.keepFar && far.end());
    far.on("end", () => near.end());
    far.on("error", () => near.destroy());
    near.once("close", () => {
      if (faults.keepFar) return;
      links.delete(link);
      far.destroy();
    });
    far.once("close", () => {
      links.delete(link);
      near.destroy();
    });
  });

  const up = (link: Link, data: Buffer) => {
    if (link.isStranded) return;
    // One connection carries one request after the other.
    const head = data.toString("latin1", 0, 16);
    if (/^(GET|POST) /.test(head)) link.isStream = head.startsWith("GET /__/");
    if (link.isStream && faults.answer) {
      const { status, type, body, headers = "" } = faults.answer;
      return void link.near.end(
        `HTTP/1.1 ${status} Chaos\r\ncontent-type: ${type}\r\n${headers}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    }
    if (faults.holdUp) link.held.up.push(data);
    else link.far.write(data);
  };

  const down = (link: Link, data: Buffer) => {
    if (link.isStranded) return;
    if (faults.holdDown) return void link.held.down.push(data);
    if (!link.isStream) return void link.near.write(data);
    if (faults.bufferBytes > 0) {
      link.buffered.push(data);
      const gathered = Buffer.concat(link.buffered);
      if (gathered.length < faults.bufferBytes) return;
      link.buffered = [];
      return mangle(link, gathered);
    }
    mangle(link, data);
  };

  const mangle = (link: Link, data: Buffer) => {
    const copy = Buffer.from(data);
    if (faults.corruptRate > 0 && random() < faults.corruptRate) {
      const at = Math.floor(random() * copy.length);
      copy[at] = (copy[at] ?? 0) ^ 0xff;
    }
    const times = faults.doubleRate > 0 && random() < faults.doubleRate ? 2 : 1;
    for (let time = 0; time < times; time += 1) sendDown(link, copy);
  };

  const sendDown = (link: Link, data: Buffer) => {
    const limit = faults.resetAfterBytes || faults.endAfterBytes;
    const piece = limit > 0 ? data.subarray(0, Math.max(0, limit - link.sent)) : data;
    const size = faults.sliceBytes || Math.max(1, piece.length);
    for (let at = 0; at < piece.length; at += size) link.near.write(piece.subarray(at, at + size));
    link.sent += piece.length;
    if (limit === 0 || link.sent < limit) return;
    if (faults.endAfterBytes) link.near.end();
    // After its last bytes, not instead of them.
    else link.near.write("", () => link.near.resetAndDestroy());
    link.far.destroy();
  };

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const reset = () => {
    for (const { near } of links) near.resetAndDestroy();
    for (const near of others) near.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(changed) {
      faults = { ...faults, ...changed };
    },
    heal() {
      faults = NO_FAULTS;
      for (const link of links) {
        const { held, buffered } = link;
        link.held = { down: [], up: [] };
        link.buffered = [];
        for (const data of held.up) link.far.write(data);
        for (const data of [...buffered, ...held.down]) link.near.write(data);
      }
    },
    reset,
    strand() {
      for (const link of links) link.isStranded = true;
    },
    retarget(url) {
      target = new URL(url);
    },
    async close() {
      reset();
      for (const { far } of links) far.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Numbers in [0, 1) that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
