/** Burndown: what was left of a sprint, day by day. A day that was not captured stays a gap. */
import { SignalboxError } from "../../errors.ts";
import { addDays, daysBetween } from "../calendar.ts";
import { sprintHistory, sprintsIn, type DailyQuery } from "../history.ts";

export const burndown: DailyQuery<"burndown"> = (history, { sprintId, measure }) => {
  const known = sprintsIn(history);
  const sprints = known.map(({ id, name }) => ({ id, name }));
  const found = sprintHistory(history, sprintId ?? known[0]?.id ?? "");
  if (!found) {
    if (sprintId === undefined) return { sprint: null, sprints, days: [] };
    throw new SignalboxError("bad-request", `params.sprintId ${JSON.stringify(sprintId)} has no captured day here.`, {
      field: "sprintId",
      id: sprintId,
    });
  }
  const { last, byDay } = found;
  const length = Math.max(1, daysBetween(last.startsOn, last.endsOn) + 1);
  const lastCaptured = history.at(-1)?.day ?? "";
  const first = [...byDay].find(([day]) => day >= last.startsOn)?.[1];
  const days = Array.from({ length }, (_, index) => {
    const day = addDays(last.startsOn, index);
    const then = byDay.get(day);
    return {
      day,
      remaining: then ? then.total[measure] - then.done[measure] : null,
      scope: then ? then.total[measure] : null,
      ideal: first ? first.total[measure] * (1 - (index + 1) / length) : null,
      isMissing: !then && day < lastCaptured,
    };
  });
  const { id, name, startsOn, endsOn } = last;
  return { sprint: { id, name, startsOn, endsOn }, sprints, days };
};
