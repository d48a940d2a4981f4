"""A program's own configuration is checked where the program is, before a job is made of it."""

import warnings

import pytest

from penstock.common import Configuration
from penstock.datastream import StreamExecutionEnvironment, program_configuration
from penstock.datastream.program_configuration import UnknownKeyWarning


@pytest.fixture(autouse=True)
def nothing_warned_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_configuration, "_warned", set())


def run(**settings: str) -> list[int]:
    configuration = Configuration()
    for key, value in settings.items():
        configuration.set_string(key.replace("__", "."), value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    with env.from_collection([1, 2]).execute_and_collect() as found:
        return sorted(found)


def test_a_key_that_there_is_not_is_warned_of_with_the_nearest() -> None:
    with pytest.warns(UnknownKeyWarning, match=r"has execution\.checkpointing\.intervall, .* nearest is .*\.interval$"):
        assert run(execution__checkpointing__intervall="1 s") == [1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(execution__checkpointing__intervall="1 s") == [1, 2]  # once a process


def test_keys_of_flinks_and_of_the_users_own_are_no_mistake() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(**{"python__fn-execution__bundle__size": "1", "shop__name": "x"}) == [1, 2]


def test_a_value_that_does_not_fit_is_an_error_before_the_job_is_there() -> None:
    with pytest.raises(ValueError, match=r"^state\.backend\.type: 'rocksd' is not a value"):
        run(state__backend__type="rocksd")


def test_the_warning_points_at_the_users_line() -> None:
    configuration = Configuration()
    configuration.set_string("parallelism.defualt", "1")
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    env.from_collection([1]).print()
    with pytest.warns(UnknownKeyWarning) as told:
        env.execute()
    assert told[0].filename == __file__
