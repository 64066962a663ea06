import { createContext, memo, useContext, type ReactNode } from "react";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

/**
 * Text of an agent as Markdown. It is not trusted: raw HTML stays text, links lead only to http, https and mailto, and
 * nothing is loaded from anywhere: an image's address can carry what the agent has read to somebody else.
 */
export const SafeMarkdown = memo(function SafeMarkdown({ text }: { text: string }) {
  return (
    <Markdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeUrl}>
      {text}
    </Markdown>
  );
});

const PLUGINS = [remarkGfm];
const ALLOWED = /^(https?:\/\/|mailto:)/i;

/** The address, or an empty one for everything but absolute http, https and mailto. */
function safeUrl(url: string): string {
  return ALLOWED.test(url) ? url : "";
}

/** Links don't nest: an image within a link is shown as its text alone. */
const IsInLink = createContext(false);

function SafeLink({ href, children }: { href?: string | undefined; children?: ReactNode }) {
  const isInLink = useContext(IsInLink);
  if (!href || isInLink) return <span>{children}</span>;
  return (
    <IsInLink value={true}>
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    </IsInLink>
  );
}

const COMPONENTS: Components = {
  a: ({ href, children }) => <SafeLink href={href}>{children}</SafeLink>,
  img: ({ src, alt }) => <SafeLink href={typeof src === "string" ? src : undefined}>{alt || "image"}</SafeLink>,
};
