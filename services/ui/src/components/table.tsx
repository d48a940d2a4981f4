import { Fragment, type ComponentChildren, type VNode } from "preact";
import { useState } from "preact/hooks";
import { cut, sorted } from "../model/table-rows";

export interface Column<Row> {
  name: string;
  /** What is shown. */
  cell: (row: Row) => ComponentChildren;
  /** What it is sorted by; without it, it cannot be. */
  by?: (row: Row) => number | string;
  numeric?: boolean;
  /** It has words to break, and needs the room for them. */
  wordy?: boolean;
  /** Left out where there is little room. */
  minor?: boolean;
}

interface Properties<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string | number;
  marked?: (row: Row) => boolean;
  /** So many are shown until all are asked for. */
  most?: number;
  /** Shown below a row. */
  below?: (row: Row) => ComponentChildren;
}

/** A table that is sorted by a click on a column's head, and scrolls in its own box where it is wide. */
export function Table<Row>({ label, columns, rows, keyOf, marked, most, below }: Properties<Row>): VNode {
  const [order, setOrder] = useState<{ column: number; down: boolean } | null>(null);
  const [all, setAll] = useState(false);
  const by = order === null ? undefined : columns[order.column]?.by;
  const ordered = sorted(rows, by ? { by, down: order!.down } : null);
  const shown = most === undefined || all ? ordered : cut(ordered, most, marked ?? (() => false));
  const clicked = (column: number) =>
    setOrder((now) => (now?.column !== column ? { column, down: Boolean(columns[column]?.numeric) } : { column, down: !now.down }));
  return (
    <>
      <div class="table" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              {columns.map((column, n) => {
                const sortedBy = order?.column === n ? (order.down ? "descending" : "ascending") : undefined;
                return (
                  <th key={column.name} scope="col" class={classes(column)} aria-sort={sortedBy}>
                    {column.by ? (
                      <button type="button" onClick={() => clicked(n)}>
                        {column.name}
                        <span aria-hidden="true">{sortedBy ? (order!.down ? " ↓" : " ↑") : ""}</span>
                      </button>
                    ) : (
                      column.name
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const more = below?.(row);
              // keyed together: what is open below a row stays open when others come before it
              return (
                <Fragment key={keyOf(row)}>
                  <tr class={marked?.(row) ? "marked" : ""}>
                    {columns.map((column) => (
                      <td key={column.name} class={classes(column)} data-label={column.name}>
                        {column.cell(row)}
                      </td>
                    ))}
                  </tr>
                  {more ? (
                    <tr class="below">
                      <td colSpan={columns.length}>{more}</td>
                    </tr>
                  ) : null}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && (
        <p>
          <button type="button" onClick={() => setAll(true)}>Show all {rows.length}</button>
        </p>
      )}
    </>
  );
}

function classes<Row>(column: Column<Row>): string {
  return `${column.numeric ? "numeric" : ""} ${column.minor ? "minor" : ""} ${column.wordy ? "name" : ""}`.trim();
}
