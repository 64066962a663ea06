/** A table of numbers: what a chart shows, for readers, for people without JavaScript, and for copying. */
import type { ReactNode } from "react";

interface DataTableProps {
  caption: string;
  columns: readonly string[];
  /** The first cell names the row. */
  rows: readonly { key: string; cells: readonly ReactNode[] }[];
}

/** Where a table may be wider than its place: it scrolls there, by keyboard too. */
export function WideTable(props: DataTableProps) {
  return (
    <div role="region" aria-label={props.caption} tabIndex={0} className="overflow-x-auto rounded-sm">
      <DataTable {...props} />
    </div>
  );
}

export function DataTable({ caption, columns, rows }: DataTableProps) {
  return (
    <table data-number className="w-full border-collapse text-list">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="text-left text-2xs text-faint">
          {columns.map((column, index) => (
            <th key={column} scope="col" className={index === 0 ? CELL : HEAD}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells: [name, ...numbers] }) => (
          <tr key={key} className="border-t border-line">
            <th scope="row" className={`${CELL} text-left font-medium`}>
              {name}
            </th>
            {numbers.map((cell, index) => (
              <td key={columns[index + 1]} className={NUMBER}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const CELL = "py-1.5 pr-3 font-medium";
const HEAD = "py-1.5 pl-3 text-right align-bottom font-medium";
const NUMBER = "py-1.5 pl-3 text-right font-normal whitespace-nowrap";
