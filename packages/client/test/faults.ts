import type { ChaosProxy, Faults } from "./chaos-proxy.ts";

/** What can happen between a client and its host; each is ended by `heal`. The table that tests and the matrix share. */
export const FAULTS: Record<string, (proxy: ChaosProxy) => void> = {
  "reset (RST)": (proxy) => proxy.reset(),
  "reset, again and again": during({ resetAfterBytes: 700 }),
  "end (FIN) in mid-event": during({ endAfterBytes: 730 }),
  "half-open, nothing comes down": during({ holdDown: true }),
  "half-open, nothing goes up": during({ holdUp: true }, { isOpenCut: true }),
  "half-open for good, both ways": (proxy) => proxy.strand(),
  "pieces of 3 bytes": during({ sliceBytes: 3 }, { isOpenCut: true }),
  "a proxy that buffers": during({ bufferBytes: 1_000_000 }, { isOpenCut: true }),
  "one byte of each chunk corrupted": during({ corruptRate: 1 }),
  "each chunk doubled": during({ doubleRate: 1 }),
  "connections refused": during({ refuse: true }, { isOpenCut: true }),
  "accepted, never answered": during({ hang: true }, { isOpenCut: true }),
  "401, the session is over": answered(401, "application/json", '{"error":{"code":"unauthenticated","message":""}}'),
  "403 of a proxy": answered(403, "text/html", "<h1>no</h1>"),
  "404 of a proxy": answered(404, "text/html", "<h1>no</h1>"),
  "429 with Retry-After": answered(429, "application/json", "{}", "retry-after: 1\r\n"),
  "502 of a proxy": answered(502, "text/html", "<h1>Bad gateway</h1>"),
  "503 with Retry-After": answered(503, "application/json", "{}", "retry-after: 1\r\n"),
  "200 with an HTML page": answered(200, "text/html", "<h1>Log in to the hotel's network</h1>"),
};

function during(faults: Partial<Faults>, { isOpenCut = false } = {}): (proxy: ChaosProxy) => void {
  return (proxy) => {
    proxy.set(faults);
    // What is open already would not meet the fault.
    if (isOpenCut) proxy.reset();
  };
}

function answered(status: number, type: string, body: string, headers = ""): (proxy: ChaosProxy) => void {
  return during({ answer: { status, type, body, headers } }, { isOpenCut: true });
}
