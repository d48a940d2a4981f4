"""How the tests of this repository are spread over workers."""

from pathlib import Path

from tests import distribution

TESTS = Path(distribution.__file__).parent


def test_every_folder_with_tests_has_its_place() -> None:
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert folders == set(distribution.LAYERS)


def test_one_worker_has_all_tests_over_one_stack() -> None:
    stack = {distribution.group_of(f"tests/compose/{name}") for name in ("test_stack.py::test_a", "test_chaos.py::t")}
    assert len(stack) == 1
    assert distribution.group_of("tests/unit/a/test_b.py::test_c[x::y]") == "tests/unit/a/test_b.py"


def test_layers_run_in_their_order_and_strangers_last() -> None:
    ids = ["examples/test_x.py::test_a", "tests/unit/test_x.py::test_a", "tests/compose/test_x.py::test_a"]
    assert sorted(ids, key=distribution.place_of) == ids[::-1]
