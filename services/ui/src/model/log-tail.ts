/** The last lines of a log, joined from what is told of it bit by bit. */

export interface LogPart {
  name: string | null;
  begin: number;
  end: number;
  text: string;
}

export interface LogTail {
  name: string | null;
  end: number;
  lines: string[];
}

export const NO_LINES: LogTail = { name: null, end: -1, lines: [] };

/** What goes on where the last part ended is added; anything else is a log begun anew, or looked at afresh. */
export function tailed(before: LogTail, part: LogPart, most: number): LogTail {
  const { name, end } = part;
  const same = name === before.name;
  if (same && end === before.end) return before;
  const lines = part.text.split("\n").slice(0, -1);
  return { name, end, lines: (same && part.begin === before.end ? [...before.lines, ...lines] : lines).slice(-most) };
}
