/** The part of GitHub's REST API that pull requests need, over real HTTP; it holds what it was asked to open. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface FakeForge {
  url: string;
  pulls: { head: string; base: string; title: string; body: string; authorization: string | undefined }[];
}

export async function startForge(): Promise<FakeForge> {
  const pulls: FakeForge["pulls"] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://forge");
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const shown = (index: number) => ({
      number: index + 1,
      html_url: `https://forge.example/acme/shop/pull/${index + 1}`,
    });
    if (url.pathname !== "/api/v3/repos/acme/shop/pulls") return answer(404, { message: "Not Found" });
    if (request.method === "GET") {
      const index = pulls.findIndex(({ head }) => `acme:${head}` === url.searchParams.get("head"));
      return answer(200, index < 0 ? [] : [shown(index)]);
    }
    let text = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    request.on("end", () => {
      const body = JSON.parse(text) as FakeForge["pulls"][number];
      pulls.push({ ...body, authorization: request.headers.authorization });
      answer(201, shown(pulls.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`, pulls };
}
