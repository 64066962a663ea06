// @vitest-environment happy-dom
import { PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Plan } from "../../lib/records.ts";
import { applyMoves, columnsOf, type Move } from "./board-model.ts";
import { useBoardKeys } from "./use-board-keys.ts";

function plan(id: string, status: Plan["status"], position: string): Plan {
  const at = new Date(0);
  return {
    id,
    status,
    position,
    workspaceId: "workspace",
    boardId: "board",
    title: id,
    description: "",
    assigneeId: null,
    estimate: null,
    sprintId: null,
    initiativeId: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

const START = columnsOf([
  plan("one", "draft", "a0"),
  plan("two", "draft", "a1"),
  plan("review", "in-review", "a0"),
  plan("done", "complete", "a0"),
]);

/** A board of links alone: what the keys do, without the cards' looks. */
function Keys({ canEdit = true }: { canEdit?: boolean }) {
  const [columns, setColumns] = useState(START);
  const [said, announce] = useState("");
  const move = (each: Move) => setColumns((now) => applyMoves(now, [each]));
  const { root, onKeyDown } = useBoardKeys({
    columns,
    canEdit,
    move,
    announce,
    activate: () => undefined,
    showColumn: () => undefined,
  });
  return (
    <div ref={root} onKeyDown={onKeyDown}>
      {PLAN_STATUSES.map((status) => (
        <ul key={status} aria-label={status}>
          {columns[status].map(({ id }) => (
            <li key={id} data-plan-id={id}>
              <a href={`#${id}`}>{id}</a>
            </li>
          ))}
        </ul>
      ))}
      <p role="status">{said}</p>
    </div>
  );
}

const column = (status: string) => screen.getByRole("list", { name: status }).textContent;
const focused = () => document.activeElement?.textContent;
const press = (key: string, held: { altKey?: boolean } = {}) => {
  if (document.activeElement) fireEvent.keyDown(document.activeElement, { key, ...held });
};
const start = (id: string) => screen.getByRole("link", { name: id }).focus();

describe("the board by keyboard", () => {
  afterEach(cleanup);

  describe("for a member", () => {
    beforeEach(() => {
      render(<Keys />);
    });

    it("arrows go up and down a column, and stop at its ends", () => {
      start("one");
      press("ArrowDown");
      expect(focused()).toBe("two");
      press("ArrowDown");
      expect(focused()).toBe("two");
      press("ArrowUp");
      expect(focused()).toBe("one");
    });

    it("arrows go to the next column that has a card, and back", () => {
      start("two");
      press("ArrowRight");
      expect(focused()).toBe("review");
      press("ArrowLeft");
      expect(focused()).toBe("one");
    });

    it("with Alt the card goes to the next status that it may take, and the focus goes with it", () => {
      start("two");
      press("ArrowRight", { altKey: true });
      expect(column("in-progress")).toBe("two");
      expect(focused()).toBe("two");
      press("ArrowRight", { altKey: true });
      expect(column("in-review")).toBe("tworeview");
      expect(focused()).toBe("two");
    });

    it("with Alt and up or down the card changes its place in the column", () => {
      start("one");
      press("ArrowDown", { altKey: true });
      expect(column("draft")).toBe("twoone");
      press("ArrowUp", { altKey: true });
      expect(column("draft")).toBe("onetwo");
    });

    it("says where a card can go when it can't go there", () => {
      start("done");
      press("ArrowRight", { altKey: true });
      expect(column("complete")).toBe("done");
      expect(screen.getByRole("status").textContent).toContain("can move to In progress");
    });
  });

  it("a viewer's keys move the focus and never a card", () => {
    render(<Keys canEdit={false} />);
    start("one");
    press("ArrowRight", { altKey: true });
    press("ArrowDown", { altKey: true });
    expect(column("draft")).toBe("onetwo");
    press("ArrowDown");
    expect(focused()).toBe("two");
  });
});
