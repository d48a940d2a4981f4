/** A Python traceback in parts: frames of the user's own code, frames of Penstock and libraries, the error itself. */

export interface Frame {
  file: string;
  line: number;
  name: string;
  code: string;
  own: boolean;
}

const FRAME = /^\s*File "(.+)", line (\d+), in (.+)$/;
const OURS = /[\\/](site-packages|dist-packages|penstock|penstock_\w+|lib[\\/]python3[.\d]*)[\\/]/;

export function frames(traceback: string): Frame[] {
  const found: Frame[] = [];
  const lines = traceback.split("\n");
  lines.forEach((line, at) => {
    const match = FRAME.exec(line);
    if (!match) return;
    const next = lines[at + 1] ?? "";
    const [, file = "", number = "0", name = ""] = match;
    found.push({ file, line: Number(number), name, code: FRAME.test(next) ? "" : next.trim(), own: !OURS.test(file) });
  });
  return found;
}

/** The deepest frame of the user's own code: where to look first. */
export function culprit(traceback: string): Frame | null {
  return frames(traceback).filter((f) => f.own).at(-1) ?? null;
}
