"use client";
/** The last net: when even the document around the pages failed. It relies on nothing but the style sheet. */
import "./globals.css";
import { MessagePage } from "../components/ui/message-page.tsx";

export default function GlobalError() {
  return (
    <html lang="en">
      <head>
        <title>Something went wrong · Signalbox</title>
      </head>
      <body>
        <MessagePage title="Signalbox could not be shown">
          <p>Something went wrong on this side. Everything you saved is kept.</p>
          <a href="/" className="press mt-5 border border-line-strong text-ink hover:bg-hover">
            Load it again
          </a>
        </MessagePage>
      </body>
    </html>
  );
}
