/** A plan's status as a mark: a shape of its own beside its colour, so that colour is never alone. */
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";

const COLOUR: Record<PlanStatus, string> = {
  draft: "text-draft",
  "in-progress": "text-progress",
  "in-review": "text-review",
  complete: "text-complete",
  blocked: "text-blocked",
  cancelled: "text-cancelled",
};

/** Decorative: the status stands beside it in words. */
export function StatusMark({ status, size = 14 }: { status: PlanStatus; size?: number }) {
  return (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 14 14"
      className={`shrink-0 ${COLOUR[status]}`}
      fill="none"
    >
      {shape(status)}
    </svg>
  );
}

function shape(status: PlanStatus) {
  const ring = { cx: 7, cy: 7, r: 5.75, stroke: "currentColor", strokeWidth: 1.5 };
  switch (status) {
    case "draft":
      return <circle {...ring} strokeDasharray="2.2 1.4" />;
    case "in-progress":
      return (
        <>
          <circle {...ring} />
          <path d="M7 3.5a3.5 3.5 0 0 1 0 7z" fill="currentColor" />
        </>
      );
    case "in-review":
      return (
        <>
          <circle {...ring} />
          <circle cx="7" cy="7" r="2.4" fill="currentColor" />
        </>
      );
    case "complete":
      return (
        <>
          <circle {...ring} fill="currentColor" />
          <path
            d="m4.4 7.2 1.8 1.8 3.5-3.8"
            stroke="var(--surface)"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </>
      );
    case "blocked":
      return (
        <>
          <path d="M4.6 1.2h4.8l3.4 3.4v4.8l-3.4 3.4H4.6L1.2 9.4V4.6z" fill="currentColor" />
          <path d="M4.2 7h5.6" stroke="var(--surface)" strokeWidth="1.6" strokeLinecap="round" />
        </>
      );
    case "cancelled":
      return (
        <>
          <circle {...ring} />
          <path d="m4.8 4.8 4.4 4.4m0-4.4L4.8 9.2" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
        </>
      );
  }
}
