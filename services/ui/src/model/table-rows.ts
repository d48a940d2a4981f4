/** Which rows of a table are shown, and in which order. */

export interface Order<Row> {
  by: (row: Row) => number | string;
  down: boolean;
}

export function sorted<Row>(rows: Row[], order: Order<Row> | null): Row[] {
  return order ? [...rows].sort((a, b) => compare(order.by(a), order.by(b)) * (order.down ? -1 : 1)) : rows;
}

/** The first `most` of them; one that is looked at is never left out. */
export function cut<Row>(rows: Row[], most: number, marked: (row: Row) => boolean): Row[] {
  return rows.slice(0, Math.max(most, rows.findIndex(marked) + 1));
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : Number(a) - Number(b);
}
