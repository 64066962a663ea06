/** Velocity: what each sprint committed to and completed, from its first and its last captured day. */
import { sprintHistory, sprintsIn, type DailyQuery } from "../history.ts";
import { mean } from "../statistics.ts";

export const velocity: DailyQuery<"velocity"> = (history, { sprints: count, measure }) => {
  const sprints = sprintsIn(history)
    .slice(0, count)
    .toReversed()
    .flatMap(({ id, name, startsOn, endsOn }) => {
      const days = sprintHistory(history, id)?.byDay;
      const first = days?.values().next().value;
      const last = days && [...days.values()].at(-1);
      if (!days || !first || !last) return [];
      return {
        id,
        name,
        startsOn,
        endsOn,
        committed: first.total[measure],
        completed: last.done[measure],
        isFinal: days.has(endsOn),
      };
    });
  return { sprints, average: mean(sprints.flatMap((one) => (one.isFinal ? [one.completed] : []))) };
};
