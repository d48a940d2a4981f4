import type { VNode } from "preact";
import { bytes, count, rate } from "../model/format";

interface Properties {
  /** Records a second, null where there is no rate. */
  perSecond: number | null | undefined;
  records: number | null | undefined;
  size: number | null | undefined;
  live: boolean;
}

/** Records that pass: how many a second, how many and how much in all. */
export function Flow({ perSecond, records, size, live }: Properties): VNode {
  const all = `${count(records)}${size ? `, ${bytes(size)}` : ""}`;
  if (!live) return <>{all}</>;
  return (
    <>
      {rate(perSecond)}
      <div class="muted small">{all}</div>
    </>
  );
}
