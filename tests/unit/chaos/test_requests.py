"""Requests are found whole in any slicing of what a client sends, also where the beginning was missed."""

import random
from pathlib import Path

from tests.chaos.processes.append_only_file import without_tail
from tests.chaos.processes.requests import RequestReader


def request(*arguments: bytes) -> bytes:
    return b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in arguments)


def test_any_slicing() -> None:
    choice = random.Random(1)
    alphabet = b"*$\r\nab1"
    requests = [
        request(*(bytes(choice.choices(alphabet, k=choice.randrange(20))) for _ in range(choice.randrange(1, 5))))
        for _ in range(300)
    ]
    data = b"".join(requests)
    for _ in range(5):
        reader, found, at = RequestReader(), [], 0
        while at < len(data):
            size = choice.randrange(1, 60)
            found += reader.feed(data[at : at + size])
            at += size
        assert found == requests


def test_a_late_start_finds_the_next_one() -> None:
    whole = request(b"SET", b"a", b"1")
    assert RequestReader().feed(whole[7:] + whole + whole) == [whole, whole]


def test_the_tail_of_an_append_only_file(tmp_path: Path) -> None:
    commands = [request(b"SET", b"k%d" % n, b"v") for n in range(5)]
    (tmp_path / "appendonlydir").mkdir()
    path = tmp_path / "appendonlydir" / "appendonly.aof.1.incr.aof"
    path.write_bytes(b"".join(commands))
    assert without_tail(tmp_path, 2) == sum(map(len, commands[3:]))
    assert path.read_bytes() == b"".join(commands[:3])
