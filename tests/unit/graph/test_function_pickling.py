import functools
import pickle
import threading
from typing import Any

import pytest

from penstock.datastream import MapFunction
from penstock.graph.function_pickling import UnpicklableFunctionError, pickle_function
from penstock.operators.specs import HashPartitionerSpec, MapSpec

LOCK = threading.Lock()


class HoldsLock(MapFunction):
    def __init__(self) -> None:
        self.parts = {"inner": [threading.Lock()]}

    def map(self, value: Any) -> Any:
        return value


def uses_closure() -> Any:
    lock = threading.Lock()
    return lambda value: (lock, value)


def uses_nested_function() -> Any:
    lock = threading.Lock()

    def helper(value: Any) -> Any:
        return lock, value

    return lambda value: helper(value)


def uses_default() -> Any:
    return lambda value, lock=threading.Lock(): value  # noqa: B008


def uses_partial() -> Any:
    return functools.partial(lambda lock, value: value, threading.Lock())


def message(func: Any) -> str:
    with pytest.raises(UnpicklableFunctionError) as raised:
        pickle_function("my map", MapSpec(func))
    return str(raised.value)


@pytest.mark.parametrize(
    ("func", "function", "way"),
    [
        (uses_closure(), "function uses_closure.<locals>.<lambda> (test_function_pickling.py:", "variable 'lock'"),
        (
            uses_nested_function(),
            "function uses_nested_function.<locals>.<lambda>",
            "variable 'lock' of variable 'helper'",
        ),
        (uses_default(), "function uses_default.<locals>.<lambda>", "default 0"),
        (HoldsLock(), "HoldsLock object", "element 0 of key 'inner' of attribute 'parts'"),
    ],
)
def test_the_error_names_operator_function_and_object(func: Any, function: str, way: str) -> None:
    text = message(func)
    assert text.startswith(f"operator 'my map' cannot be sent to the cluster: {function}")
    assert f"refers through {way} to <unlocked _thread.lock" in text
    assert "cannot pickle '_thread.lock' object" in text


def test_the_error_has_no_frames_of_the_pickler() -> None:
    with pytest.raises(UnpicklableFunctionError) as raised:
        pickle_function("m", MapSpec(uses_closure()))
    assert raised.value.__suppress_context__ and raised.value.__cause__ is None


def test_an_element_that_is_itself_to_blame() -> None:
    assert "the cluster: <unlocked _thread.lock" in message([1, threading.Lock()])


def test_a_partial_is_looked_into() -> None:
    assert "<unlocked _thread.lock" in message(uses_partial())


def test_globals_of_functions_that_travel_by_value_are_named() -> None:
    scope = {"__name__": "__main__", "LOCK": LOCK}
    exec(compile("def f(value):\n    return [LOCK for _ in value]", "job.py", "exec"), scope)
    text = message(scope["f"])
    assert "function f (job.py:1) refers through global 'LOCK' to <unlocked _thread.lock" in text


def test_key_selectors_are_named_as_well() -> None:
    with pytest.raises(UnpicklableFunctionError, match=r"operator 'HASH partitioning of x'.*variable 'lock'"):
        pickle_function("HASH partitioning of x", HashPartitionerSpec(uses_closure()))


def test_an_object_that_refuses_is_shown_shortened() -> None:
    class Refuses:
        def __repr__(self) -> str:
            return "R" * 500

        def __reduce__(self) -> Any:
            raise RuntimeError("I stay here")

    text = message(functools.partial(print, Refuses()))
    assert "RuntimeError: I stay here" in text
    assert "R" * 121 not in text


def test_what_main_defines_travels_by_value() -> None:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec("offset = 40\ndef f(value):\n    return value + offset", scope)
    data = pickle_function("m", MapSpec(scope["f"]))
    scope.clear()
    assert pickle.loads(data).func(2) == 42
