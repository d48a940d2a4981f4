import pytest

from penstock.common import ConfigOptions, Configuration, ExecutionConfig


def test_typed_values_are_text_inside() -> None:
    c = Configuration()
    c.set_integer("i", 3).set_boolean("b", True).set_float("f", 1.5).set_bytearray("y", bytearray(b"ab"))
    assert c.to_dict() == {"i": "3", "b": "true", "f": "1.5", "y": "YWI="}
    assert (c.get_integer("i", 0), c.get_boolean("b", False), c.get_float("f", 0.0)) == (3, True, 1.5)
    assert c.get_bytearray("y", bytearray()) == bytearray(b"ab")


def test_defaults() -> None:
    c = Configuration()
    assert (c.get_integer("i", 3), c.get_string("s", "x"), c.get_boolean("b", True)) == (3, "x", True)


@pytest.mark.parametrize("read", ["get_integer", "get_float", "get_boolean", "get_bytearray"])
def test_a_value_of_another_type_is_named(read: str) -> None:
    with pytest.raises(ValueError, match=r"'y!s' for key 'my.key'"):
        getattr(Configuration.from_dict({"my.key": "y!s"}), read)("my.key", None)


def test_maps() -> None:
    a = Configuration.from_dict({"x": "1"})
    b = Configuration(a).add_all(Configuration.from_dict({"y": "2"}), "p.")
    assert b.to_dict() == {"x": "1", "p.y": "2"}
    assert (a.key_set(), a != b, str(a)) == ({"x"}, True, "{x=1}")
    assert (b.remove_config("x"), b.remove_config("x"), b.contains_key("x")) == (True, False, False)
    with pytest.raises(TypeError, match="must be text"):
        b.set_string("x", 1)  # type: ignore[arg-type]


def test_lists() -> None:
    assert Configuration.parse_list_value("a;b") == ["a", "b"]
    assert Configuration.parse_list_value("[a, b]") == ["a", "b"]
    assert Configuration.parse_list_value("") == []


def test_options() -> None:
    option = ConfigOptions.key("my.key").int_type().default_value(3)
    assert (option.key, option.value_type, option.default) == ("my.key", int, 3)
    assert ConfigOptions.key("k").string_type().no_default_value().default is None


def test_execution_config_is_a_view() -> None:
    configuration = Configuration()
    config = ExecutionConfig(configuration)
    assert (config.get_parallelism(), config.get_max_parallelism()) == (1, -1)
    config.set_parallelism(4).set_max_parallelism(256).set_auto_watermark_interval(50)
    config.set_global_job_parameters({"a": "1", "b": "x,y"})
    assert configuration.get_string("parallelism.default", "") == "4"
    assert (config.get_auto_watermark_interval(), config.get_max_parallelism()) == (50, 256)
    assert config.get_global_job_parameters() == {"a": "1", "b": "x,y"}
    config.set_parallelism(ExecutionConfig.PARALLELISM_DEFAULT)
    assert config.get_parallelism() == 1


def test_execution_config_refuses() -> None:
    config = ExecutionConfig(Configuration())
    with pytest.raises(ValueError, match="Parallelism must be at least one"):
        config.set_parallelism(0)
    with pytest.raises(ValueError, match="between 1 and 32768"):
        config.set_max_parallelism(32769)
    with pytest.raises(ValueError, match="negative"):
        config.set_auto_watermark_interval(-1)
