"""State as bytes: classes of `__main__` by name, whatever process they come from."""

import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from penstock.state.frozen_items import FrozenItems
from penstock.state.pickling import StateClassNotFound, dumps, loads
from penstock.state.portable import StateNotPicklable, pickle_group, read_group


def by_value(source: str) -> dict[str, Any]:
    """What `__main__` of another process defines, brought here as a job's functions are."""
    program = source + "\nimport cloudpickle, sys\nsys.stdout.buffer.write(cloudpickle.dumps(things))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    things: dict[str, Any] = cloudpickle.loads(done.stdout)
    return things


POINT = textwrap.dedent("""
    import dataclasses
    @dataclasses.dataclass
    class Point:
        x: int
        class Inner:
            y = 1
    def local():
        class Local:
            z = 2
        return Local
    things = {"Point": Point, "Inner": Point.Inner, "Local": local(), "double": lambda v: 2 * v}
""")


def test_objects_of_the_programs_classes_come_back_as_such_in_a_slot() -> None:
    things = by_value(POINT)
    state = [things["Point"](3), things["Inner"](), things["Local"]()]
    data = dumps(state)
    assert b"__main__" not in data or len(data) < 2_000, "no class goes by value"
    again = loads(data)
    assert [type(v) for v in again] == [type(v) for v in state] and again[0].x == 3


def test_state_of_an_earlier_process_is_of_the_newer_programs_class() -> None:
    old = by_value(POINT)
    data = dumps(old["Point"](3))
    new = by_value(POINT.replace("x: int", "x: int\n    color: str = 'red'"))
    again = loads(data)
    assert type(again) is new["Point"] and type(again) is not old["Point"] and again.color == "red"


def test_state_written_where_the_program_is_main_is_read_in_a_slot(tmp_path: Path) -> None:
    program = (
        POINT
        + f"\nfrom penstock.state.pickling import dumps\nopen({str(tmp_path / 'state')!r}, 'wb').write(dumps(Point(4)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    point = by_value(POINT)["Point"]
    assert loads((tmp_path / "state").read_bytes()) == point(4)


def test_a_class_that_is_gone_is_named() -> None:
    with pytest.raises(
        StateClassNotFound, match=r"class 'Gone' of the program's main module, which the program no longer"
    ):
        loads(b"\x80\x05c__main__\nGone\n.")


def test_lambdas_are_state_too() -> None:
    assert loads(dumps(by_value(POINT)["double"]))(4) == 8


def test_what_cannot_be_pickled_is_named_with_operator_state_and_key() -> None:
    states: dict[str, Any] = {"good": [("k", 1)], "bad": [("k", 1), ("x", threading.Lock())]}
    with pytest.raises(StateNotPicklable, match="operator 'X': state 'bad' of key 'x' cannot be pickled: TypeError"):
        pickle_group("X", states)
    with pytest.raises(StateNotPicklable, match="operator 'X': broadcast state 'b' cannot be pickled: TypeError"):
        FrozenItems([1, threading.Lock()], "operator 'X': broadcast state 'b'")


def test_pairs_of_former_versions_are_read_too() -> None:
    pairs = {"a": [("k", 1), ("x", 2)], "none": []}
    assert read_group(dumps(pairs)) == read_group(pickle_group("X", pairs)) == pairs


def test_items_are_frozen() -> None:
    items = [[1], [2]]
    frozen = FrozenItems(items, "x")
    items[0].append(9)
    assert list(frozen) == [[1], [2]] and frozen[1] == [2] and frozen[:1] == [[1]] and len(frozen) == 2
