"""Module by module, class by class, method by method: names, parameters and defaults are PyFlink 2.3's.

What is not there stands in absent.json with a reason; `python -m tests.unit.surface.surface` lists what is in neither.
"""

from tests.unit.surface.surface import ABSENT, differences, parameters_in, reasons_for


def test_what_pyflink_has_is_there_or_has_a_reason_not_to_be() -> None:
    assert [f"{place}: {what}" for place, what in differences() if not reasons_for(place)] == []


def test_what_is_called_absent_is_absent() -> None:
    needed = {reason for place, _ in differences() for reason in reasons_for(place)}
    assert sorted(set(ABSENT) - needed) == []


def test_every_absence_has_its_reason() -> None:
    assert [place for place, reason in ABSENT.items() if len(reason) < 10] == []


def test_recorded_signatures_are_read_whole() -> None:
    text = "static f(self, a=(1, 2), b=<X.Y: 1>, *c, **d) -> typing.Dict[str, int]"
    assert parameters_in(text) == ["self", "a=(1, 2)", "b=<X.Y: 1>", "*c", "**d"]
