"use client";
/** What stands around every page of a workspace, and the services that its live parts share. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import { Tooltip } from "@base-ui/react/tooltip";
import { LiveProvider } from "@signalbox/react/signals/live-provider";
import { trpc } from "@signalbox/react/signalbox-provider";
import { HydrationBoundary, type DehydratedState } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Theme } from "../../lib/preferences.ts";
import { ClockProvider } from "../ui/clock.tsx";
import { Toaster } from "../ui/toaster.tsx";
import { ConnectionEnded } from "./connection-badge.tsx";
import { DiskBanner } from "./disk-banner.tsx";
import { LiveInspector } from "./live-inspector.tsx";
import { RateLimitBanner } from "./rate-limit-banner.tsx";
import { BottomBar } from "./bottom-bar.tsx";
import { Rail } from "./rail.tsx";
import { TopBar } from "./top-bar.tsx";

interface ShellProps {
  workspaceId: string;
  /** Where the signals stood before anything on this page was read. */
  position: string;
  /** The server's clock at render, epoch milliseconds. */
  renderedAt: number;
  theme: Theme;
  isRailNarrow: boolean;
  hydration: DehydratedState;
  children: ReactNode;
}

export function Shell({ hydration, ...rest }: ShellProps) {
  return (
    // Who is signed in is among what was rendered, and decides whose tabs share a connection.
    <HydrationBoundary state={hydration}>
      <LiveShell hydration={hydration} {...rest} />
    </HydrationBoundary>
  );
}

function LiveShell({ workspaceId, position, renderedAt, theme, isRailNarrow, hydration, children }: ShellProps) {
  const me = trpc.workspace.get.useQuery({ workspaceId }).data?.me;
  return (
    <LiveProvider workspaceId={workspaceId} position={position} personId={me?.id}>
      <LiveHydration state={hydration} position={position}>
        <ClockProvider renderedAt={renderedAt}>
          <Tooltip.Provider delay={400}>
            <Toaster>
              <div className="page-layer flex min-h-dvh">
                <a
                  href="#main"
                  className="popup fixed top-2 left-2 z-50 -translate-y-20 px-3 py-2 font-medium focus:translate-y-0"
                >
                  Skip to the page
                </a>
                <Rail workspaceId={workspaceId} startsNarrow={isRailNarrow} />
                <div className="flex min-w-0 flex-1 flex-col">
                  <TopBar workspaceId={workspaceId} theme={theme} />
                  <ConnectionEnded />
                  <DiskBanner />
                  <RateLimitBanner workspaceId={workspaceId} />
                  <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none max-sm:pb-16">
                    {children}
                  </main>
                </div>
                <LiveInspector />
                <BottomBar workspaceId={workspaceId} />
              </div>
            </Toaster>
          </Tooltip.Provider>
        </ClockProvider>
      </LiveHydration>
    </LiveProvider>
  );
}
