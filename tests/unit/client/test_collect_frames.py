import pytest

from penstock.client.collect_frames import CollectPage, read_frames, write_frames


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("batches", [(), ((3, b"abc"),), ((3, b""), (1 << 40, b"x" * 1000))])
def test_frames_come_back_as_they_went(batches: tuple[tuple[int, bytes], ...], end: bool) -> None:
    assert read_frames(write_frames(batches, end)) == CollectPage(batches, end)


@pytest.mark.parametrize("cut", [1, 5, 12, 14])
def test_a_page_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="malformed at byte"):
        read_frames(write_frames([(3, b"abc")], False)[:cut])


def test_nothing_may_follow_the_end() -> None:
    body = write_frames([], True)
    with pytest.raises(ValueError, match="malformed"):
        read_frames(body + body)
