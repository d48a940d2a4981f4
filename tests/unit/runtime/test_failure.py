import pytest

from penstock.client.job_client import JobExecutionError
from penstock.datastream.connectors.redis import RedisStreamsSource
from penstock.operators.specs import FlatMapSpec, MapSpec
from penstock.runtime.failure import failure_of
from penstock.runtime.local import LocalExecutor
from penstock.state.declarations import StateMigrationError
from tests.job_builder import collect_of
from tests.unit.operators.chains import Built


def divide(value: int) -> float:
    return 1 / value


def wrapped(value: int) -> float:
    try:
        return divide(value)
    except ZeroDivisionError as e:
        raise ValueError(f"bad record {value}") from e


def raised(function: object) -> Exception:
    built = Built([MapSpec(function)])
    try:
        built.chain.process_values([0])
    except Exception as e:
        return e
    raise AssertionError("nothing was raised")


def test_the_users_frames_come_first() -> None:
    failure = failure_of(raised(divide), "Map (1/2)#0")
    assert failure.message == "ZeroDivisionError: division by zero"
    assert failure.task_name == "Map (1/2)#0"
    users, _, ours = failure.traceback.partition("\nRaised in operator 'MapSpec 0' of task 'Map (1/2)#0':\n")
    # this test's own frame is the user's as well: it called us
    assert "return 1 / value" in users and "<penstock chain" not in users.partition("in divide")[2]
    assert "divide_0(v1)" in ours


def test_the_cause_is_told_too() -> None:
    failure = failure_of(raised(wrapped))
    assert failure.message == "ValueError: bad record 0"
    assert "The above exception was the direct cause" in failure.traceback
    assert failure.traceback.index("ZeroDivisionError") < failure.traceback.index("ValueError: bad record 0")


def test_notes_of_the_user_are_kept() -> None:
    def noted(value: int) -> int:
        error = KeyError(value)
        error.add_note("while reading line 7")
        raise error

    assert "while reading line 7" in failure_of(raised(noted)).traceback


def test_an_error_without_a_frame_of_the_users_begins_with_itself() -> None:
    compiled = collect_of(FlatMapSpec(len), MapSpec(str), values=["abc"])
    with pytest.raises(JobExecutionError) as caught:
        LocalExecutor().execute(compiled).result()
    lines = caught.value.traceback.splitlines()
    assert lines[0] == "TypeError: 'int' object is not iterable"
    assert lines[3].startswith("Raised in operator 'FlatMap' of task 'Source -> FlatMap")
    assert "in r" in "".join(lines[4:])


def not_there(value: int) -> int:
    import a_module_that_nobody_has  # type: ignore[import-not-found]

    return a_module_that_nobody_has.of(value)


def test_a_missing_module_says_how_it_comes_to_the_cluster() -> None:
    told = failure_of(raised(not_there)).traceback
    assert "\nModuleNotFoundError: No module named 'a_module_that_nobody_has'\nA module that tasks use has to" in told
    assert "-pyreq requirements.txt, -pyfs PATH" in told


def test_a_flat_map_that_returns_no_iterable_is_told_what_to_return() -> None:
    with pytest.raises(JobExecutionError) as caught:
        LocalExecutor().execute(collect_of(FlatMapSpec(len), MapSpec(str), values=["abc"])).result()
    assert caught.value.traceback.splitlines()[1].startswith("The function has to return an iterable of records")


def test_what_we_raise_ourselves_is_its_message_without_the_frames_of_our_tools() -> None:
    url = "redis://localhost:1/0"
    source = RedisStreamsSource.builder().set_url(url).set_stream_keys("orders").build()
    try:
        source.enumerate_splits(1)
    except ConnectionError as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next  # this test's frame is a user's
        lines = failure_of(error).traceback.splitlines()
    assert lines[0].startswith("ConnectionError: Redis at localhost:1: look at the streams: Error 111")
    assert lines[2] == "Raised in the runtime:" and not any("/site-packages/redis/" in line for line in lines)


def test_a_state_of_another_type_is_cured_by_no_restart() -> None:
    assert failure_of(StateMigrationError("state 's' was written as Long")).incurable
    assert not failure_of(raised(divide)).incurable
