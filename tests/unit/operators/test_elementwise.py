from collections.abc import Iterator
from typing import Any

import pytest

from penstock.datastream.functions import FilterFunction, FlatMapFunction, MapFunction, RuntimeContext
from penstock.exchange.elements import RecordBatch
from penstock.operators.specs import FilterSpec, FlatMapSpec, MapSpec
from tests.unit.operators.chains import Built


def run(*specs: Any, values: list[Any]) -> list[Any]:
    built = Built(specs)
    built.chain.process_values(values)
    return built.out.values


def test_map() -> None:
    assert run(MapSpec(lambda v: v + 1), values=[1, 2]) == [2, 3]


def test_filter_takes_any_truth() -> None:
    assert run(FilterSpec(lambda v: v), values=[0, 1, "", "a", None, [], [0]]) == [1, "a", [0]]


def test_flat_map_of_generators_iterables_and_none() -> None:
    def generated(v: int) -> Iterator[int]:
        yield from range(v)

    assert run(FlatMapSpec(generated), values=[2, 0, 1]) == [0, 1, 0]
    assert run(FlatMapSpec(lambda v: None if v == 1 else (v, v)), values=[1, 2]) == [2, 2]
    assert run(FlatMapSpec(lambda v: v.split()), values=["a b", "", "c"]) == ["a", "b", "c"]


def test_a_type_is_a_callable() -> None:
    assert run(MapSpec(str), FlatMapSpec(list), values=[12, 3]) == ["1", "2", "3"]


class Rich(MapFunction, FlatMapFunction, FilterFunction):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def open(self, runtime_context: RuntimeContext) -> None:
        self.calls.append(f"open {runtime_context.get_index_of_this_subtask()}")

    def close(self) -> None:
        self.calls.append("close")

    def map(self, value: Any) -> Any:
        self.calls.append("map")
        return value

    def flat_map(self, value: Any) -> list[Any]:
        self.calls.append("flat_map")
        return [value]

    def filter(self, value: Any) -> bool:
        self.calls.append("filter")
        return True


@pytest.mark.parametrize("spec, name", [(MapSpec, "map"), (FlatMapSpec, "flat_map"), (FilterSpec, "filter")])
def test_rich_functions_are_opened_called_and_closed(spec: Any, name: str) -> None:
    function = Rich()
    built = Built([spec(function)])
    built.chain.process_values([1])
    built.chain.close()
    assert function.calls == ["open 0", name, "close"]
    assert built.out.values == [1]


def test_what_is_no_function_is_refused_by_its_repr() -> None:
    with pytest.raises(TypeError, match="42 is neither callable nor has it a method map"):
        Built([MapSpec(42)])


def test_records_pass_depth_first_one_by_one() -> None:
    seen: list[Any] = []

    def note(name: str) -> Any:
        def function(v: Any) -> Any:
            seen.append((name, v))
            return v

        return function

    run(MapSpec(note("a")), FlatMapSpec(lambda v: (v, -v)), MapSpec(note("b")), values=[1, 2])
    assert seen == [("a", 1), ("b", 1), ("b", -1), ("a", 2), ("b", 2), ("b", -2)]


def test_an_exception_comes_at_its_record_and_what_was_made_before_arrives() -> None:
    built = Built([FlatMapSpec(lambda v: (v, v)), MapSpec(lambda v: 1 // (v - 3))])
    with pytest.raises(ZeroDivisionError):
        built.chain.process_values([1, 2, 3, 4])
    assert built.out.values == [-1, -1, -1, -1]


def test_timestamps_stay_with_their_records() -> None:
    built = Built([FlatMapSpec(lambda v: range(v)), FilterSpec(lambda v: v != 1), MapSpec(lambda v: -v)])
    built.chain.process(RecordBatch([2, 3], [70, None]))
    assert built.out.arrived == [(0, 0, 70, None), (0, 0, None, None), (0, -2, None, None)]


def test_all_are_closed_although_one_refuses() -> None:
    good = Rich()

    class Bad(Rich):
        def close(self) -> None:
            raise ValueError("no")

    built = Built([MapSpec(good), MapSpec(Bad()), MapSpec(good)])
    with pytest.raises(ValueError, match="no"):
        built.chain.close()
    assert good.calls == ["open 0", "open 0", "close", "close"]
