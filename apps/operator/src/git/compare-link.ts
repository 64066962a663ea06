/** Where a forge shows two branches side by side, as far as a remote's address tells; no forge is asked. */
export function compareLink(remoteUrl: string, { base, branch }: { base: string; branch: string }): string | null {
  const place = placeOf(remoteUrl);
  if (!place) return null;
  const [from, to] = [base, branch].map((name) => name.split("/").map(encodeURIComponent).join("/"));
  return `${place.scheme}://${place.host}/${place.path}/compare/${from}...${to}`;
}

/** `https://host/owner/name.git`, `ssh://git@host/owner/name.git`, `git@host:owner/name.git`; credentials are left out. */
function placeOf(remoteUrl: string): { scheme: string; host: string; path: string } | null {
  const [, scpHost, scpPath] = /^[\w.-]+@([\w.-]+):([^/].*)$/.exec(remoteUrl) ?? [];
  if (scpHost && scpPath) return { scheme: "https", host: scpHost, path: plainPath(scpPath) };
  if (!/^(https?|ssh):\/\//.test(remoteUrl) || !URL.canParse(remoteUrl)) return null;
  const { hostname, host, protocol, pathname } = new URL(remoteUrl);
  const path = plainPath(pathname.replace(/^\/+/, ""));
  // A port of ssh says nothing of where the pages are.
  if (path === "") return null;
  return { scheme: protocol === "http:" ? "http" : "https", host: protocol === "ssh:" ? hostname : host, path };
}

function plainPath(path: string): string {
  return path.replace(/\/+$/, "").replace(/\.git$/, "");
}
