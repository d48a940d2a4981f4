"""A traceback that the cluster sent, told as the user knows his files: their paths here, and their lines."""

import linecache
import re
from pathlib import Path

#: how the folder begins in which a dispatcher lays out a program that was sent to it, and the program's place in it
SENT_PREFIX = "penstock-program-"
SENT_FOLDER = "program"

_SENT_PATH = re.compile(rf'(?<=File ")[^"\n]*/{SENT_PREFIX}[^/"\n]+/{SENT_FOLDER}(?=/)')
_FRAME = re.compile(r'( *)File "(?P<path>[^"]+)", line (?P<line>\d+), in .+')


def localized(text: str, folder: Path) -> str:
    """`text` with the program's files found in `folder`: TaskManagers have neither its path nor its source."""
    home = str(folder)
    lines = _SENT_PATH.sub(lambda _: home, text).splitlines()
    told: list[str] = []
    for number, line in enumerate(lines):
        told.append(line)
        frame = _FRAME.fullmatch(line)
        if frame is None or not Path(frame["path"]).is_relative_to(folder):
            continue
        deeper = frame[1] + "  "
        follows = lines[number + 1] if number + 1 < len(lines) else ""
        source = linecache.getline(frame["path"], int(frame["line"])).strip()
        if source and not follows.startswith(deeper):
            told.append(deeper + source)
    return "\n".join(told) + ("\n" if text.endswith("\n") else "")
