from datetime import datetime

import pytest

from penstock.datastream.connectors.file_system.date_pattern import date_pattern

MOMENT = datetime(2024, 3, 7, 15, 4, 5, 678901)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd--HH", "2024-03-07--15"),
        ("uuuu/M/d", "2024/3/7"),
        ("yy.DDD", "24.067"),
        ("hh:mm:ss a", "03:04:05 PM"),
        ("HHmmssSSS", "150405678"),
        ("'at' H 'o''clock'", "at 15 o'clock"),
        ("MMM EEE", "Mar Thu"),
        ("''", "'"),
    ],
)
def test_pattern(pattern: str, text: str) -> None:
    assert date_pattern(pattern)(MOMENT) == text


def test_unknown_letters_are_named() -> None:
    with pytest.raises(ValueError, match="'QQ' is not known"):
        date_pattern("yyyy-QQ")
    with pytest.raises(ValueError, match="ends within a quotation"):
        date_pattern("yyyy 'at")
