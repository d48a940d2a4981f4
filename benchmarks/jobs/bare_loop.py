"""The peer: the same functions in a plain functional loop, what the program would be without an engine."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from counting_sink import CountingWriter, write_summary
from word_functions import Pair, add, key, pair, split

BATCH = 4096


def lines_of(text: str, repeat: int) -> Iterator[str]:
    for _ in range(repeat):
        with Path(text).open(encoding="utf-8") as file:
            yield from file


def updates(lines: Iterator[str]) -> Iterator[list[Pair]]:
    """One running count a word, in lists, as an engine hands them to a sink."""
    counts: dict[str, Pair] = {}
    out: list[Pair] = []
    for line in lines:
        for word in split(line):
            record = pair(word)
            k = key(record)
            try:
                value = counts[k]
            except KeyError:
                value = record
            else:
                value = add(value, record)
            counts[k] = value
            out.append(value)
        if len(out) >= BATCH:
            yield out
            out = []
    yield out


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", required=True)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--sink", choices=("counting", "files"), default="counting")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    batches = updates(lines_of(arguments.text, arguments.repeat))
    if arguments.sink == "files":
        folder = Path(arguments.output)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "part-0").open("w", encoding="utf-8") as part:
            for batch in batches:
                part.write("".join([f"({word},{count})\n" for word, count in batch]))
        return
    writer = CountingWriter(0)
    for batch in batches:
        writer.write(batch)
    for subtask, content in writer.prepare_commit():
        write_summary(arguments.output, str(subtask), content)


if __name__ == "__main__":
    main()
