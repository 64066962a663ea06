import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientAddress, isAddressRange, isLoopback } from "./client-address.ts";

/** What the walk looks at: the peer's address and one header. */
function request(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const seen = { socket: { remoteAddress }, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } };
  return seen as unknown as IncomingMessage;
}

describe("whose address a request came from", () => {
  it.each([
    {
      name: "the peer's, without configured proxies, whatever it says",
      peer: "203.0.113.9",
      forwarded: "6.6.6.6",
      proxies: [],
      is: "203.0.113.9",
    },
    {
      name: "the peer's, when the peer is no trusted proxy",
      peer: "203.0.113.9",
      forwarded: "6.6.6.6",
      proxies: ["10.0.0.0/8"],
      is: "203.0.113.9",
    },
    {
      name: "what a trusted proxy saw",
      peer: "10.0.0.1",
      forwarded: "198.51.100.7",
      proxies: ["10.0.0.0/8"],
      is: "198.51.100.7",
    },
    {
      name: "not what the client put before it",
      peer: "10.0.0.1",
      forwarded: "6.6.6.6, 198.51.100.7",
      proxies: ["10.0.0.0/8"],
      is: "198.51.100.7",
    },
    {
      name: "past a chain of trusted proxies",
      peer: "10.0.0.1",
      forwarded: "6.6.6.6, 198.51.100.7, 10.0.0.2",
      proxies: ["10.0.0.1", "10.0.0.2"],
      is: "198.51.100.7",
    },
    {
      name: "without the port that a proxy added",
      peer: "10.0.0.1",
      forwarded: "6.6.6.6, 198.51.100.7:5123",
      proxies: ["10.0.0.1"],
      is: "198.51.100.7",
    },
    {
      name: "without the brackets of IPv6",
      peer: "10.0.0.1",
      forwarded: "[2001:db8::7]:443",
      proxies: ["10.0.0.1"],
      is: "2001:db8::7",
    },
    {
      name: "the last proxy's where the next hop is no address",
      peer: "10.0.0.1",
      forwarded: "6.6.6.6, unknown",
      proxies: ["10.0.0.1"],
      is: "10.0.0.1",
    },
    {
      name: "the proxy's own, when it says nothing",
      peer: "10.0.0.1",
      forwarded: undefined,
      proxies: ["10.0.0.1"],
      is: "10.0.0.1",
    },
    {
      name: "the farthest proxy's, when all are trusted",
      peer: "10.0.0.1",
      forwarded: "10.0.0.3, 10.0.0.2",
      proxies: ["10.0.0.0/8"],
      is: "10.0.0.3",
    },
    {
      name: "IPv4 in an IPv6 socket as that IPv4",
      peer: "::ffff:10.0.0.1",
      forwarded: "::ffff:198.51.100.7",
      proxies: ["10.0.0.1"],
      is: "198.51.100.7",
    },
    {
      name: "by IPv6 ranges too",
      peer: "2001:db8::1",
      forwarded: "198.51.100.7",
      proxies: ["2001:db8::/32"],
      is: "198.51.100.7",
    },
    {
      name: "nothing, for a socket that is gone",
      peer: undefined,
      forwarded: "6.6.6.6",
      proxies: ["10.0.0.1"],
      is: "",
    },
  ])("is $name", ({ peer, forwarded, proxies, is }) => {
    expect(clientAddress(request(peer, forwarded), proxies)).toBe(is);
  });

  it("knows loopback in both families", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1"].every(isLoopback)).toBe(true);
    expect(["128.0.0.1", "::2", "", "localhost"].some(isLoopback)).toBe(false);
  });

  it("knows an address range from what is none", () => {
    expect(["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0"].every(isAddressRange)).toBe(true);
    expect(
      ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8/8", "::/129", "host"].some(isAddressRange),
    ).toBe(false);
  });
});
