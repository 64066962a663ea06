// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { SafeMarkdown } from "./safe-markdown.tsx";

afterEach(cleanup);
const show = (text: string) => render(<SafeMarkdown text={text} />).container;

describe("an agent's Markdown", () => {
  it("shows text, lists, tables and code", () => {
    const page = show("# Plan\n\n- one\n- **two**\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```ts\nlet a = '<b>';\n```");
    expect(page.querySelector("h1")?.textContent).toBe("Plan");
    expect(page.querySelectorAll("li")).toHaveLength(2);
    expect(page.querySelectorAll("td")).toHaveLength(2);
    expect(page.querySelector("code")?.textContent).toBe("let a = '<b>';\n");
  });

  it("opens links in a tab that knows nothing of this one", () => {
    const link = show("[docs](https://example.com/a?b=c)").querySelector("a");
    expect(link?.getAttribute("href")).toBe("https://example.com/a?b=c");
    expect(link?.getAttribute("rel")).toBe("noopener noreferrer");
    expect(link?.getAttribute("target")).toBe("_blank");
  });

  it("leads to mail addresses", () => {
    expect(show("<mailto:a@example.com>").querySelector("a")?.getAttribute("href")).toBe("mailto:a@example.com");
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java&#x0A;script:alert(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//example.com/a",
    "/sign-out",
    "\u0001javascript:alert(1)",
  ])("does not lead to %j", (url) => {
    for (const text of [`[click](${url})`, `[click](<${url}>)`, `[click][1]\n\n[1]: ${url}`, `<${url}>`]) {
      expect(show(text).querySelector("a[href]")).toBeNull();
    }
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<iframe src=https://example.com></iframe>",
    '<svg onload="alert(1)"><animate onbegin=alert(1) /></svg>',
    '<a href="javascript:alert(1)">x</a>',
    "<style>@import url(https://example.com/x)</style>",
    '<form action="https://example.com"><button>x</button></form>',
    "<!--><img src=x onerror=alert(1)>-->",
    "`a` <math><mtext><img src onerror=alert(1)></mtext></math>",
  ])("shows HTML as nothing but text: %s", (html) => {
    const page = show(`before\n\n${html}\n\nafter ${html}`);
    expect(page.querySelector("script, img, iframe, svg, style, form, math, button, [onerror], [onload]")).toBeNull();
    // Addresses in plain text become links (GFM); only harmless ones.
    for (const link of page.querySelectorAll("a[href]")) expect(link.getAttribute("href")).toMatch(/^https:/);
    expect(page.textContent).toContain("before");
  });

  it.each([
    "![alt](https://example.com/p.png?secret=1)",
    "![alt](//example.com/p.png)",
    "![alt](data:image/svg+xml,<svg>)",
    "![alt][1]\n\n[1]: https://example.com/p.png",
    "[![alt](https://example.com/p.png)](https://example.com)",
  ])("loads no image: %s", (text) => {
    const page = show(text);
    expect(page.querySelector("img, picture, source, [style], [srcset]")).toBeNull();
    expect(page.querySelector("a a")).toBeNull();
    expect(page.textContent).toContain("alt");
  });
});
