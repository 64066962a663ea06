/** A TCP proxy whose wire can be cut: what a lost network is to everybody on either side of it. */
import { connect, createServer, type Socket } from "node:net";

export interface CuttableProxy {
  readonly port: number;
  /** Resets every connection, and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  /** Resets every connection once; new ones are let through. */
  blip(): void;
  close(): Promise<void>;
}

export async function startCuttableProxy(port: number, targetPort: () => number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect(targetPort(), "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const blip = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port,
    blip,
    cut() {
      isCut = true;
      blip();
    },
    mend() {
      isCut = false;
    },
    close() {
      blip();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
