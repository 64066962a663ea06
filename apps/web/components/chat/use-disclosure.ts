"use client";
/** What a reader opened, by row: it is open again when the row is drawn again. */
import { type SyntheticEvent, useState } from "react";

export type Disclosures = Set<string>;

/** For a `details`. The browser opens and closes it. */
export function useDisclosure(disclosures: Disclosures, rowKey: string) {
  const [isOpenAtFirst] = useState(() => disclosures.has(rowKey));
  return {
    open: isOpenAtFirst,
    onToggle: ({ currentTarget }: SyntheticEvent<HTMLDetailsElement>) => {
      if (currentTarget.open) disclosures.add(rowKey);
      else disclosures.delete(rowKey);
    },
  };
}
