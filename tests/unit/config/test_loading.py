"""Sources, their precedence, and what is wrong with them."""

import warnings
from datetime import timedelta
from pathlib import Path

import pytest

from penstock.client.config import (
    Configuration,
    ConfigurationError,
    ConfigurationWarning,
    cluster,
    execution,
    load_configuration,
    rest,
    service_configuration,
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.yaml"
    file.write_text(text)
    return file


def test_defaults() -> None:
    configuration = load_configuration(environ={})
    assert configuration.get(rest.REST_PORT) == 8081
    assert configuration.get(cluster.HEARTBEAT_TIMEOUT) == timedelta(seconds=2.5)
    assert configuration.get(execution.RUNTIME_MODE) is execution.RuntimeMode.STREAMING
    assert configuration.find(rest.REST_ADDRESS) is None
    assert dict(configuration) == {}
    with pytest.raises(KeyError, match=r"rest\.address is not set"):
        configuration.get(rest.REST_ADDRESS)


def test_options_win_over_environment_over_file(tmp_path: Path) -> None:
    write(tmp_path / "conf", "rest.port: 1\nparallelism:\n  default: 2\npipeline.name: file\n")
    environ = {"PENSTOCK_PROPERTIES": "rest.port: 3\npipeline.name: environment"}
    configuration = load_configuration(["rest.port=5"], environ=environ)
    assert configuration.get(rest.REST_PORT) == 5
    assert configuration.get(execution.PIPELINE_NAME) == "environment"
    assert configuration.get(execution.PARALLELISM) == 2


def test_conf_dir_wins_over_the_working_folder_and_must_have_a_file(tmp_path: Path) -> None:
    write(tmp_path / "conf", "rest.port: 1")
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(ConfigurationError, match=r"has no config\.yaml"):
        load_configuration(environ={"PENSTOCK_CONF_DIR": str(elsewhere)})
    write(elsewhere, "rest.port: 2")
    assert load_configuration(environ={"PENSTOCK_CONF_DIR": str(elsewhere)}).get(rest.REST_PORT) == 2


def test_nested_and_dotted_keys_lists_and_maps(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "penstock: {exchange: {urls: [redis://a, redis://b]}}\n"
        "pipeline.global-job-parameters: {a: 1, b: x}\nweb: {cancel.enable: false}\nmy: {own: 3}",
    )
    configuration = load_configuration(config_file=file, environ={})
    assert configuration.get(cluster.EXCHANGE_URLS) == ("redis://a", "redis://b")
    assert configuration.get(execution.GLOBAL_JOB_PARAMETERS) == {"a": "1", "b": "x"}
    assert configuration.get(rest.CANCEL_ENABLED) is False
    assert configuration["my.own"] == "3"


@pytest.mark.parametrize(
    ("setting", "nearest"),
    [
        ("rest.prot=1", "rest.port"),
        ("taskmanager.numberOfTaskSlot=1", "taskmanager.numberOfTaskSlots"),
        ("penstock.redis.uri=x", "penstock.redis.url"),
        ("heartbeat.timeuot=1", "heartbeat.timeout"),
        ("execution.checkpointing.intervall=1", "execution.checkpointing.interval"),
        ("penstock.x=1", "penstock."),
    ],
)
def test_an_unknown_key_names_the_nearest(setting: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no key .*; the nearest is " + nearest.replace(".", r"\.")):
        load_configuration([setting], environ={})


def test_an_unknown_key_is_found_wherever_it_stands(tmp_path: Path) -> None:
    file = write(tmp_path, "rest.prot: 1")
    with pytest.raises(ConfigurationError) as error:
        load_configuration(["rest.porto=1"], file, {"PENSTOCK_PROPERTIES": "rest.pord: 1"})
    assert [p.split(":")[0] for p in error.value.problems] == [str(file), "$PENSTOCK_PROPERTIES", "-D"]


def test_an_ill_typed_value_names_key_value_and_type() -> None:
    with pytest.raises(ConfigurationError, match=r"rest\.port: 'eighty' is not a value of type Integer"):
        load_configuration(["rest.port=eighty"], environ={})
    with pytest.raises(ConfigurationError, match=r"runtime-mode: 'fast' .* STREAMING, BATCH, AUTOMATIC"):
        load_configuration(["execution.runtime-mode=fast"], environ={})


def test_a_key_of_flink_without_effect_is_one_warning() -> None:
    settings = ["yarn.application.name=x", "metrics.reporter.prom.port=9", "state.backend.rocksdb.log.dir=/x"]
    with pytest.warns(ConfigurationWarning, match="no effect here") as caught:
        configuration = load_configuration(settings, environ={})
    assert len(caught) == 1
    assert all(s.split("=")[0] in str(caught[0].message) for s in settings)
    assert configuration["yarn.application.name"] == "x"


def test_other_prefixes_are_the_users() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        configuration = load_configuration(["my.threshold=3", "threshold=4", "events.topic=t"], environ={})
    assert configuration["my.threshold"] == "3" and configuration["threshold"] == "4"


def test_old_keys_are_fall_backs() -> None:
    assert load_configuration(["execution.buffer-timeout=7"], environ={}).get(execution.BUFFER_TIMEOUT) == timedelta(
        milliseconds=7
    )
    both = load_configuration(["execution.buffer-timeout=7", "execution.buffer-timeout.interval=8"], environ={})
    assert both.get(execution.BUFFER_TIMEOUT) == timedelta(milliseconds=8)
    with pytest.raises(ConfigurationError, match=r"execution\.buffer-timeout"):
        load_configuration(["execution.buffer-timeout=soon"], environ={})


def test_an_old_key_of_a_higher_layer_wins_over_the_new_one_of_a_lower() -> None:
    environ = {"PENSTOCK_PROPERTIES": "pipeline.operator-chaining.enabled: true"}
    configuration = load_configuration(["pipeline.operator-chaining=false"], environ=environ)
    assert configuration.get(execution.OPERATOR_CHAINING) is False
    environ = {"PENSTOCK_PROPERTIES": "pipeline.operator-chaining: true"}
    configuration = load_configuration(["pipeline.operator-chaining.enabled=false"], environ=environ)
    assert configuration.get(execution.OPERATOR_CHAINING) is False


def test_the_port_to_bind_falls_back_on_the_port() -> None:
    configuration = load_configuration(["rest.port=9"], environ={})
    assert configuration.get(rest.BIND_PORT) == "9"
    both = load_configuration(["rest.port=9", "rest.bind-port=10-12"], environ={})
    assert (both.get(rest.REST_PORT), both.get(rest.BIND_PORT)) == (9, "10-12")


@pytest.mark.parametrize("text", ["a: [", "- a\n- b", "just words"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"config\.yaml"):
        load_configuration(config_file=write(tmp_path, text), environ={})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml cannot be read"):
        load_configuration(config_file=tmp_path / "nowhere.yaml", environ={})


def test_an_option_without_a_value() -> None:
    with pytest.raises(ConfigurationError, match="expected key=value"):
        load_configuration(["rest.port"], environ={})


def test_a_service_takes_only_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_PROPERTIES", raising=False)
    monkeypatch.delenv("PENSTOCK_CONF_DIR", raising=False)
    configuration = service_configuration(["-Drest.port=1", "-D", "parallelism.default=2"])
    assert configuration.to_dict() == {"rest.port": "1", "parallelism.default": "2"}
    with pytest.raises(ConfigurationError, match="unexpected argument 'start'"):
        service_configuration(["start"])


def test_secrets_are_masked() -> None:
    configuration = Configuration({"my.api-key": "x", "rest.port": 1})
    assert configuration.masked() == {"my.api-key": "******", "rest.port": "1"}
    assert "x" not in repr(configuration).replace("******", "")
