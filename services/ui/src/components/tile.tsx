import type { ComponentChildren, VNode } from "preact";

/** One figure and what it is. */
export function Tile({ label, value, detail, level }: { label: string; value: ComponentChildren; detail?: ComponentChildren; level?: string }): VNode {
  return (
    <div class={`tile ${level ?? ""}`}>
      <dt>{label}</dt>
      <dd>
        <span class="figure">{value}</span>
        {detail !== undefined && <span class="muted detail">{detail}</span>}
      </dd>
    </div>
  );
}

export function Tiles({ children }: { children: ComponentChildren }): VNode {
  return <dl class="tiles">{children}</dl>;
}
