/**
 * Which hosts a process in a sandbox may reach: `host` or `*.host` (any name below it), either with `:port`. Whatever no rule
 * names is blocked. A rule never matches by address: a name is compared as the client spelled it.
 */
import { isIP } from "node:net";

interface Rule {
  text: string;
  host: string;
  isWildcard: boolean;
  /** Null: any port. */
  port: number | null;
}

const NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** True for what `createAllowList` takes. A wildcard needs two labels behind it: `*.com` would be nearly everything. */
export function isDomainRule(text: string): boolean {
  return parseRule(text) !== null;
}

/** Answers with the rule that lets a request through, or null. Throws for a rule that is none. */
export function createAllowList(texts: readonly string[]): (host: string, port: number) => string | null {
  const rules = texts.map((text) => {
    const rule = parseRule(text);
    if (!rule)
      throw new Error(`${JSON.stringify(text)} is no host, such as api.example.com, *.example.com or host:443.`);
    return rule;
  });
  return (host, port) => {
    const name = plainHost(host);
    const rule = rules.find((each) => (each.port === null || each.port === port) && isHostOf(each, name));
    return rule?.text ?? null;
  };
}

function isHostOf({ host, isWildcard }: Rule, name: string): boolean {
  // Only names have names below them: `1.2.3.4%x.example.com` is an address with a tail.
  if (isWildcard) return isIP(name) === 0 && NAME.test(name) && name.endsWith(`.${host}`);
  return name === host;
}

function parseRule(text: string): Rule | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::([1-9]\d{0,4}))?$/.exec(text);
  if (!match) return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  const host = plainHost(match[1] ?? "");
  if (port !== null && port > 65_535) return null;
  if (isIP(host) !== 0) return { text, host, isWildcard: false, port };
  if (!NAME.test(host)) return null;
  const isWildcard = host.startsWith("*.");
  const name = isWildcard ? host.slice(2) : host;
  if (isWildcard && !name.includes(".")) return null;
  return { text, host: name, isWildcard, port };
}

/** Lower case, without an address's brackets and a name's last dot. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}
