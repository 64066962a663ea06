/** The places of a workspace and their addresses. A place stands here when it works. */
import {
  BookOpen,
  Bot,
  BrainCircuit,
  ChartNoAxesCombined,
  Inbox,
  LayoutDashboard,
  Server,
  SquareKanban,
} from "lucide-react";

export const PLACES = [
  { segment: "board", name: "Board", icon: SquareKanban },
  { segment: "runs", name: "Runs", icon: Bot },
  { segment: "reports", name: "Reports", icon: ChartNoAxesCombined },
  { segment: "dashboard", name: "Dashboard", icon: LayoutDashboard },
  { segment: "inbox", name: "Inbox", icon: Inbox },
  { segment: "agents", name: "Agents", icon: BrainCircuit },
  { segment: "operators", name: "Operators", icon: Server },
] as const;

const BAR = ["board", "runs", "reports", "inbox"];

/** What fits at the bottom of a phone; the others are behind "More" there. */
export const BAR_PLACES = PLACES.filter(({ segment }) => BAR.includes(segment));
export const FURTHER_PLACES = PLACES.filter(({ segment }) => !BAR.includes(segment));

/** Outside of any workspace: it is the same for all, and open to whoever reaches this host. */
export const REFERENCE_PLACE = { href: "/reference", name: "Reference", icon: BookOpen } as const;

export type PlaceSegment = (typeof PLACES)[number]["segment"];

export function placeHref(workspaceId: string, segment: PlaceSegment): string {
  return `/w/${workspaceId}/${segment}`;
}

export function planHref(workspaceId: string, planId: string): string {
  return `/w/${workspaceId}/plans/${planId}`;
}

/** A sandbox bears the id of the turn whose agent it holds. */
export function sandboxHref(workspaceId: string, sandboxId: string): string {
  return `/w/${workspaceId}/sandboxes/${sandboxId}`;
}

export function reportHref(workspaceId: string, panelId: string): string {
  return `/w/${workspaceId}/reports/${panelId}`;
}

/** Records that have a page of their own, and the place that they belong to. */
const PARENTS: Readonly<Record<string, PlaceSegment>> = { plans: "board", sandboxes: "runs" };

/** Where a path is. */
export function placeOf(pathname: string): (typeof PLACES)[number] | null {
  const segment = pathname.split("/")[3];
  return PLACES.find((place) => place.segment === ((segment !== undefined && PARENTS[segment]) || segment)) ?? null;
}
