"""The peer: the same functions in a plain functional loop, what the program would be without an engine."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import word_functions
from counting_sink import CountingWriter, write_summary
from plain_loops import running_counts


def lines_of(text: str, repeat: int) -> Iterator[str]:
    for _ in range(repeat):
        with Path(text).open(encoding="utf-8") as file:
            yield from file


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", required=True)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--sink", choices=("counting", "files"), default="counting")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    batches = running_counts(word_functions, lines_of(arguments.text, arguments.repeat))
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
