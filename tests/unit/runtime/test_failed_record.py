"""A failure names the record that the user's function was called with."""

from typing import Any

import pytest

from penstock.client.job_client import JobExecutionError
from penstock.datastream.functions import FlatMapFunction, KeyedProcessFunction, ProcessFunction
from penstock.operators.specs import (
    CollectSpec,
    FilterSpec,
    FlatMapSpec,
    KeyedProcessSpec,
    MapSpec,
    OperatorSpec,
    ProcessSpec,
    ReduceSpec,
)
from penstock.runtime.failed_record import LONGEST, record_of, shown
from penstock.runtime.local import LocalExecutor
from tests.job_builder import JobBuilder, source_of


def fails(value: Any) -> Any:
    if value == 7:
        raise ValueError("seven")
    return value


class Generates(FlatMapFunction):
    def flat_map(self, value: Any) -> Any:
        yield fails(value)


class Processes(ProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield fails(value)


class ProcessesKeyed(KeyedProcessFunction):
    def process_element(self, value: Any, ctx: Any) -> Any:
        yield fails(value)


@pytest.mark.parametrize(
    "spec",
    [MapSpec(fails), FilterSpec(fails), FlatMapSpec(Generates()), ProcessSpec(Processes())],
    ids=lambda s: type(s).__name__,
)
def test_in_a_chain(spec: OperatorSpec) -> None:
    job = JobBuilder()
    job.vertex(source_of(range(1, 10)), MapSpec(lambda v: v), spec, MapSpec(str), CollectSpec("c"))
    failure = failure_of(job)
    assert failure.record == "7"
    assert failure.traceback.endswith("\nThe function was called with the record 7\n")


@pytest.mark.parametrize("spec", [KeyedProcessSpec(ProcessesKeyed()), ReduceSpec(lambda a, b: fails(b))])
def test_behind_a_key(spec: OperatorSpec) -> None:
    job = JobBuilder()
    source = job.vertex(source_of(range(1, 10)))
    job.key_by(source, job.vertex(spec, CollectSpec("c")), lambda v: 1)
    assert failure_of(job).record == "7"


def failure_of(job: JobBuilder) -> Any:
    client = LocalExecutor().execute(job.build())
    with pytest.raises(JobExecutionError, match="ValueError: seven"):
        client.result(30)
    assert client._failed is not None
    return client._failed.failure


def test_a_record_is_cut_and_a_bad_repr_survived() -> None:
    class Bad:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert len(shown("x" * 1000)) == LONGEST
    assert "whose repr raises RuntimeError" in shown(Bad())
    assert record_of(ValueError("raised nowhere")) is None
