/** The document around every page: language, theme, fonts, and the services of the client. */
import "./globals.css";
import { SignalboxProvider } from "@signalbox/react/signalbox-provider";
import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { readTheme, THEME_COOKIE } from "../lib/preferences.ts";

export const metadata: Metadata = {
  title: { template: "%s · Signalbox", default: "Signalbox" },
  description: "A live workspace in which a team and its coding agents work on plans.",
  robots: { index: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f5f3" },
    { media: "(prefers-color-scheme: dark)", color: "#131110" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme}>
      <body>
        <SignalboxProvider>{children}</SignalboxProvider>
      </body>
    </html>
  );
}
