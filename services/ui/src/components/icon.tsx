import type { VNode } from "preact";

const PATHS = {
  copy: "M9 9h10v11H9z M5 15V4h10",
  back: "M15 5l-7 7 7 7",
  done: "M4 12l5 5L20 6",
  close: "M5 5l14 14M19 5L5 19",
  sun: "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z M12 1v3 M12 20v3 M1 12h3 M20 12h3 M4 4l2 2 M18 18l2 2 M20 4l-2 2 M6 18l-2 2",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z",
  fit: "M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5",
  larger: "M5 12h14M12 5v14",
  smaller: "M5 12h14",
} as const;

/** Drawn, because fonts differ in the signs they have. Whoever uses it says what it means. */
export function Icon({ name }: { name: keyof typeof PATHS }): VNode {
  return (
    <svg class="drawn" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
