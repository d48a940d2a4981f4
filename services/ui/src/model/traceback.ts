/** A Python traceback in parts: the user's own frames first, what lies below them after. */

export interface Frame {
  file: string;
  line: number;
  name: string;
  code: string;
}

const FRAME = /^\s*File "(.+)", line (\d+), in (.+)$/;
const LIBRARY = /^<|[\\/](site-packages|dist-packages|lib[\\/]python3[.\d]*)[\\/]/;
/** Where a slot begins to tell of its own frames. */
const OURS = "\n\nRaised in ";

/** What the user wrote, and the rest. */
export function parts(traceback: string): { own: string; rest: string } {
  const at = traceback.indexOf(OURS);
  return at < 0 ? { own: traceback.trim(), rest: "" } : { own: traceback.slice(0, at).trim(), rest: traceback.slice(at).trim() };
}

export function frames(traceback: string): Frame[] {
  const lines = traceback.split("\n");
  const found: Frame[] = [];
  lines.forEach((line, at) => {
    const match = FRAME.exec(line);
    if (!match) return;
    const next = lines[at + 1] ?? "";
    const [, file = "", number = "0", name = ""] = match;
    found.push({ file, line: Number(number), name, code: FRAME.test(next) ? "" : next.trim() });
  });
  return found;
}

/** The deepest frame of the user's own code: where to look first. */
export function culprit(traceback: string): Frame | null {
  const own = frames(parts(traceback).own);
  return own.filter((frame) => !LIBRARY.test(frame.file)).at(-1) ?? null;
}
