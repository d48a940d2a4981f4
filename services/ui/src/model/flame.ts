/** A flame graph as boxes: one for each frame, as wide as its share of the samples. */

export interface Frame {
  name: string;
  value: number;
  children: Frame[];
}

export interface FlameBox {
  key: string;
  frame: Frame;
  depth: number;
  /** From 0 to 1, of the root's width. */
  left: number;
  width: number;
}

/** Narrower ones are not drawn. */
const LEAST = 0.002;

export function boxes(root: Frame): FlameBox[] {
  const found: FlameBox[] = [];
  const add = (frame: Frame, key: string, depth: number, left: number) => {
    const width = frame.value / Math.max(1, root.value);
    if (width < LEAST) return;
    found.push({ key, frame, depth, left, width });
    let at = left;
    frame.children.forEach((child, n) => {
      add(child, `${key}.${n}`, depth + 1, at);
      at += child.value / Math.max(1, root.value);
    });
  };
  add(root, "0", 0, 0);
  return found;
}

/** The frame at this path of names, or the root where it is no longer there. */
export function zoomed(root: Frame, path: string[]): Frame {
  let frame = root;
  for (const name of path) {
    const next = frame.children.find((child) => child.name === name);
    if (!next) return root;
    frame = next;
  }
  return frame;
}

/** Whose code it is, for the colour: the user's, Penstock's own, or nobody's: it waits. */
export function kindOf(name: string): "user" | "own" | "idle" {
  if (/^(waiting for|another task)/.test(name)) return "idle";
  if (name.startsWith("penstock.") || name.startsWith("the slot's own work") || name === "root") return "own";
  return "user";
}

/** `module.function:12` without its module. */
export function short(name: string): string {
  return /^[\w.<>]+:-?\d+$/.test(name) ? name.split(".").slice(-2).join(".") : name;
}
