"use client";
/** A turn's parts, one below the other: of a long turn those near the screen. What a reader opened stays open when it was away. */
import type { TurnPart } from "@signalbox/catalog/turn-view";
import { use, useRef, useState } from "react";
import { Part } from "./turn-part.tsx";
import { ScrollBox } from "./scroll-box.ts";
import { keyOfRow, NO_TERMINALS, terminalsOf, type TurnRows } from "./turn-rows.ts";
import { PLACE } from "./use-follow-end.ts";
import type { Disclosures } from "./use-disclosure.ts";
import { useKeptFocus } from "./use-kept-focus.ts";
import { useRowWindow } from "./use-row-window.ts";

interface PartListProps {
  turnId: string;
  rows: TurnRows;
  isLive: boolean;
  canAnswer: boolean;
}

export function PartList({ turnId, rows, isLive, canAnswer }: PartListProps) {
  const list = useRef<HTMLDivElement>(null);
  const { shown, isCut, above, below, measure } = useRowWindow(rows, { turnId, list });
  const focus = useKeptFocus(use(ScrollBox)?.box);
  const [disclosures] = useState<Disclosures>(() => new Set());
  const { parts, partOf, blockOf, texts, terminals } = rows;
  const newest = partOf.length - 1;
  return (
    <>
      {isCut ? (
        <a href={`?tab=chat&whole=${turnId}`} className={`${PLACE} text-2xs text-soft underline underline-offset-2`}>
          Show all {partOf.length.toLocaleString("en")} parts at once
        </a>
      ) : null}
      {/* Each row bears the room below it: what is measured of a row is all that it takes. */}
      <div ref={list} className="-mb-2.5" style={{ paddingTop: above, paddingBottom: below }} {...focus}>
        {shown.map((row) => {
          const place = partOf[row] ?? 0;
          // Guarantee: rows are made of these parts.
          const part = parts[place] as TurnPart;
          const key = keyOfRow(rows, row);
          return (
            <div key={key} ref={measure} data-index={row} className={`${PLACE} pb-2.5`}>
              <Part
                turnId={turnId}
                part={part}
                block={blockOf[row] ?? null}
                definitions={texts.get(place)?.definitions ?? ""}
                isLive={isLive}
                isGrowing={isLive && row === newest}
                canAnswer={canAnswer}
                terminals={part.type === "tool" ? terminalsOf(part, terminals) : NO_TERMINALS}
                disclosures={disclosures}
                rowKey={key}
              />
            </div>
          );
        })}
      </div>
    </>
  );
}
