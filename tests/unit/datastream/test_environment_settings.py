"""Settings are kept under Flink's keys; what has no effect says so once."""

import warnings
from datetime import timedelta

import pytest

from penstock.common import Configuration, Duration, ExecutionConfig, RestartStrategies, Types, jvm
from penstock.common.jvm import JvmNotAvailableError, NoEffectWarning
from penstock.common.utils import JavaObjectWrapper
from penstock.datastream import (
    CheckpointConfig,
    CheckpointingMode,
    ExternalizedCheckpointRetention,
    MemorySize,
    RuntimeExecutionMode,
    SlotSharingGroup,
    StreamExecutionEnvironment,
)


@pytest.fixture(autouse=True)
def nothing_warned_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "_warned", set())


def test_checkpoint_settings_are_flinks_keys() -> None:
    configuration = Configuration()
    env = StreamExecutionEnvironment(configuration).enable_checkpointing(2000, CheckpointingMode.AT_LEAST_ONCE)
    config = env.get_checkpoint_config().set_checkpoint_timeout(60_000).set_min_pause_between_checkpoints(5)
    config.set_aligned_checkpoint_timeout(Duration.of_seconds(3)).set_max_concurrent_checkpoints(2)
    config.set_externalized_checkpoint_retention(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION)
    config.set_fail_on_checkpointing_errors(False).set_force_unaligned_checkpoints()
    env.set_default_savepoint_directory("file:///s")
    prefix = "execution.checkpointing."
    assert configuration.to_dict() == {
        f"{prefix}interval": "2000 ms",
        f"{prefix}mode": "AT_LEAST_ONCE",
        f"{prefix}timeout": "60000 ms",
        f"{prefix}min-pause": "5 ms",
        f"{prefix}aligned-checkpoint-timeout": "3000 ms",
        f"{prefix}max-concurrent-checkpoints": "2",
        f"{prefix}externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        f"{prefix}tolerable-failed-checkpoints": "2147483647",
        f"{prefix}unaligned.forced": "true",
        f"{prefix}savepoint-dir": "file:///s",
    }
    assert config.get_alignment_timeout() == Duration.of_seconds(3)
    assert config.is_externalized_checkpoints_enabled()
    assert env.get_default_savepoint_directory() == "file:///s"


def test_settings_from_a_file_are_read_in_any_form() -> None:
    interval, mode = "execution.checkpointing.interval", "execution.checkpointing.mode"
    config = CheckpointConfig(Configuration.from_dict({interval: "1 min", mode: "exactly-once"}))
    assert config.get_checkpoint_interval() == 60_000
    assert config.get_checkpointing_mode() is CheckpointingMode.EXACTLY_ONCE
    wrong = CheckpointConfig(Configuration.from_dict({interval: "1 s", mode: "twice"}))
    with pytest.raises(ValueError, match=r"TWICE.*execution.checkpointing.mode.*EXACTLY_ONCE"):
        wrong.get_checkpointing_mode()


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("set_checkpoint_interval", 5),
        ("set_checkpoint_timeout", 0),
        ("set_min_pause_between_checkpoints", -1),
        ("set_max_concurrent_checkpoints", 0),
        ("set_tolerable_checkpoint_failure_number", -1),
    ],
)
def test_bad_checkpoint_settings(method: str, value: int) -> None:
    with pytest.raises(ValueError, match=str(value)):
        getattr(CheckpointConfig(Configuration()), method)(value)


def test_settings_without_effect_warn_once() -> None:
    configuration = Configuration()
    config = ExecutionConfig(configuration)
    with pytest.warns(NoEffectWarning, match="enable_force_kryo has no effect"):
        config.enable_force_kryo()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config.enable_force_kryo()
    assert config.is_force_kryo_enabled()
    assert configuration.to_dict() == {"pipeline.force-kryo": "true"}
    env = StreamExecutionEnvironment(configuration)
    with pytest.warns(NoEffectWarning, match="add_jars"):
        env.add_jars("file:///a.jar", "file:///b.jar")
    env.add_jars("file:///c.jar")
    assert configuration.get_string("pipeline.jars", "") == "file:///a.jar;file:///b.jar;file:///c.jar"


def test_a_batch_job_with_checkpoints_says_that_there_are_none() -> None:
    env = StreamExecutionEnvironment(Configuration()).set_runtime_mode(RuntimeExecutionMode.BATCH)
    env.enable_checkpointing(1000)
    with (
        pytest.warns(NoEffectWarning, match="a batch job takes no checkpoints"),
        env.from_collection([1]).execute_and_collect() as r,
    ):
        assert list(r) == [1]


def test_restart_strategies() -> None:
    fixed = RestartStrategies.fixed_delay_restart(3, 1500)
    assert (fixed.get_restart_attempts(), fixed.get_delay_between_attempts_interval()) == (3, timedelta(seconds=1.5))
    assert fixed == RestartStrategies.fixed_delay_restart(3, 1500) != RestartStrategies.fixed_delay_restart(4, 1500)
    rate = RestartStrategies.failure_rate_restart(3, 1000, 2000)
    assert (rate.get_max_failure_rate(), rate.get_failure_interval()) == (3, timedelta(seconds=1))
    assert RestartStrategies.no_restart().get_description() == "Restart deactivated."


def test_slot_sharing_groups() -> None:
    group = SlotSharingGroup.builder("heavy").set_cpu_cores(2).set_task_heap_memory_mb(512).build()
    env = StreamExecutionEnvironment(Configuration())
    stream = env.from_collection([1], Types.INT()).map(lambda v: v)
    with pytest.warns(NoEffectWarning, match="'heavy'.*one size"):
        stream.slot_sharing_group(group)
    assert stream._transformation.slot_sharing_group == "heavy"
    with pytest.raises(ValueError, match="group 'x'"):
        SlotSharingGroup.builder("x").set_cpu_cores(1).build()
    assert sorted([MemorySize.of_mebi_bytes(1), MemorySize(bytes_size=5)])[0].get_bytes() == 5
    assert str(MemorySize.of_mebi_bytes(1024)) == "1 gb"


def test_default_local_parallelism(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.datastream.environment_settings.EnvironmentSettings._default_local_parallelism", None)
    env = StreamExecutionEnvironment.get_execution_environment()
    assert env.get_default_local_parallelism() == env.get_parallelism() == 1
    env.set_default_local_parallelism(3)
    assert StreamExecutionEnvironment.get_execution_environment().get_parallelism() == 3
    set_otherwise = Configuration.from_dict({"parallelism.default": "2"})
    assert StreamExecutionEnvironment.get_execution_environment(set_otherwise).get_parallelism() == 2


def test_objects_of_the_jvm_can_be_named_and_not_made() -> None:
    class Format(JavaObjectWrapper):
        pass

    with pytest.raises(JvmNotAvailableError, match="Format"):
        Format(object())
    with pytest.raises(JvmNotAvailableError):
        MemorySize.of_mebi_bytes(1).get_java_memory_size()


def test_elements_that_do_not_fit_their_type() -> None:
    env = StreamExecutionEnvironment(Configuration())
    with pytest.raises(TypeError, match=r"element 1 of the collection.*Integer.*got str 'a'"):
        env.from_collection([1, "a"], Types.INT())
