"use client";
/**
 * Children with `data-slide` slide to their new places when a render moved them; newcomers fade in.
 * A class, because only `getSnapshotBeforeUpdate` runs at the instant before the document changes: measured any earlier,
 * a scroll in between would be taken for a move.
 */
import { Component, createRef, type ReactNode } from "react";

const SLIDE_MS = 150;
const MOVED_PX = 2;

interface Props {
  /** Changes whenever the order may have changed; nothing is measured otherwise. */
  order: unknown;
  className?: string;
  children: ReactNode;
}

type Places = Map<string, DOMRect>;

export class SlideOnMove extends Component<Props> {
  private readonly root = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(before: Props): Places | null {
    return before.order === this.props.order ? null : this.measure();
  }

  override componentDidUpdate(_before: Props, _state: unknown, places: Places | null): void {
    if (!places) return;
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const element of this.slidable()) {
      const was = places.get(element.dataset["slide"] ?? "");
      const is = element.getBoundingClientRect();
      if (is.width === 0) continue;
      if (!was || was.width === 0) {
        element.animate([{ opacity: 0 }, { opacity: 1 }], SLIDE_MS);
        continue;
      }
      const x = was.left - is.left;
      const y = was.top - is.top;
      if (Math.abs(x) < MOVED_PX && Math.abs(y) < MOVED_PX) continue;
      const frames = isStill
        ? [{ opacity: 0.4 }, { opacity: 1 }]
        : [{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }];
      element.animate(frames, { duration: SLIDE_MS, easing: "cubic-bezier(0.2, 0, 0, 1)" });
    }
  }

  override render(): ReactNode {
    return (
      <div ref={this.root} className={this.props.className}>
        {this.props.children}
      </div>
    );
  }

  private slidable(): HTMLElement[] {
    return [...(this.root.current?.querySelectorAll<HTMLElement>("[data-slide]") ?? [])];
  }

  private measure(): Places {
    return new Map(this.slidable().map((element) => [element.dataset["slide"] ?? "", element.getBoundingClientRect()]));
  }
}
