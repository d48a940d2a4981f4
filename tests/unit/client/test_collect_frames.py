import pytest

from penstock.client.collect_frames import CollectPage, read_frames, write_frames
from penstock.exchange.collect_log import CollectEntry, CollectKind

DATA = CollectEntry(CollectKind.DATA, (3, 1), 2, 1 << 40, b"x" * 1000)


@pytest.mark.parametrize(
    "entries", [(), (DATA,), (CollectEntry(CollectKind.START, (1, 0), 0, 0), DATA, DATA._replace(payload=b""))]
)
def test_frames_come_back_as_they_went(entries: tuple[CollectEntry, ...]) -> None:
    assert read_frames(write_frames(entries, "12-3")) == CollectPage(entries, "12-3")


@pytest.mark.parametrize("cut", [0, 1, 5, 28, 29, 1028, 1031, 1060, -1])
def test_a_page_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="malformed at byte"):
        read_frames(write_frames([DATA], "12-3")[:cut])


def test_nothing_may_follow_the_position() -> None:
    body = write_frames([], "12-3")
    with pytest.raises(ValueError, match="malformed"):
        read_frames(body + body)


def test_a_kind_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="malformed at byte 0"):
        read_frames(write_frames([DATA._replace(kind=9)], "12-3"))
