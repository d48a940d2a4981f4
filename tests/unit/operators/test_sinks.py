from collections.abc import Sequence
from typing import Any

import pytest

from penstock.common.typeinfo import Types
from penstock.operators.registry import SubtaskInfo
from penstock.operators.specs import FlatMapSpec, MapSpec, OperatorSpec, PrintSpec, SinkSpec, WriterContext
from tests.unit.operators.chains import INFO, Built


class Memory:
    """A sink that notes what it is asked to do."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def create_writer(self, context: WriterContext) -> "Memory":
        self.calls.append(("writer", context.subtask, context.attempt))
        return self

    def write(self, values: Sequence[Any]) -> None:
        self.calls.append(("write", list(values)))

    def flush(self) -> None:
        self.calls.append("flush")

    def prepare_commit(self) -> list[Any]:
        return ["part-0"]

    def commit(self, committables: Sequence[Any]) -> None:
        self.calls.append(("commit", list(committables)))

    def close(self) -> None:
        self.calls.append("close")


def test_a_sink_writes_by_batch_and_commits_at_the_end() -> None:
    sink = Memory()
    built = Built([FlatMapSpec(range), SinkSpec(sink)], writers={})
    built.chain.process_values([2, 1])
    built.chain.process_values([0])
    built.chain.on_idle()
    built.chain.on_idle()
    built.chain.finish()
    built.chain.close()
    assert sink.calls == [("writer", 0, 0), ("write", [0, 1, 0]), "flush", "flush", ("commit", ["part-0"]), "close"]


def test_a_sink_has_what_came_before_an_exception() -> None:
    sink = Memory()
    built = Built([MapSpec(lambda v: 1 // v), SinkSpec(sink)], writers={})
    with pytest.raises(ZeroDivisionError):
        built.chain.process_values([1, 0, 1])
    assert sink.calls[1:] == [("write", [1])]


def printed(capsys: pytest.CaptureFixture[str], spec: PrintSpec, values: list[Any], parallelism: int = 1) -> str:
    info = SubtaskInfo("0" * 32, "job", "task", parallelism - 1, parallelism, 128)
    built = Built([spec], writers={}, info=info)
    built.chain.process_values(values)
    built.chain.finish()
    return capsys.readouterr().out


def test_print_writes_flinks_prefixes(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, PrintSpec(), ["a", ("b", 1)]) == "a\n('b', 1)\n"
    assert printed(capsys, PrintSpec(), ["a"], 4) == "4> a\n"
    assert printed(capsys, PrintSpec("id"), ["a"]) == "id> a\n"
    assert printed(capsys, PrintSpec("id"), ["a"], 2) == "id:2> a\n"


def test_print_writes_typed_values_as_flink_does(capsys: pytest.CaptureFixture[str]) -> None:
    typed = PrintSpec(input_type=Types.TUPLE([Types.STRING(), Types.BOOLEAN()]))
    assert printed(capsys, typed, [("a", True)]) == "(a,true)\n"


def test_print_keeps_its_place_among_the_functions_own_output(capsys: pytest.CaptureFixture[str]) -> None:
    def speaks(v: Any) -> Any:
        print("before", v)
        return v

    built = Built([MapSpec(speaks), PrintSpec()], writers={})
    built.chain.process_values([1, 2])
    assert capsys.readouterr().out == "before 1\n1\nbefore 2\n2\n"


def test_an_unknown_spec_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match="no operator runs a OperatorSpec"):
        Built([OperatorSpec()])


def test_the_info_of_a_subtask_is_named_as_flink_does() -> None:
    assert INFO.task_name_with_subtasks == "task (1/1)#0"
