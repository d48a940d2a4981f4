"""Programs that run in this process."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from penstock.client.context import ProgramContext, current
from penstock.client.executors import ProgramAborted
from penstock.client.job_client import JobExecutionError
from penstock.common import Configuration, Encoder, JobStatus, Row, Types, WatermarkStrategy
from penstock.datastream import (
    KeyedProcessFunction,
    OutputTag,
    ProcessFunction,
    RuntimeContext,
    RuntimeExecutionMode,
    StreamExecutionEnvironment,
)
from penstock.datastream.connectors import BucketAssigner, FileSink, FileSource, NumberSequenceSource, StreamFormat
from penstock.datastream.state import ValueStateDescriptor

EXAMPLE = Path(__file__).parents[3] / "examples" / "word_count.py"
WORDS = ["to be", "or not", "to be"]
PAIR = Types.TUPLE([Types.STRING(), Types.INT()])


def environment(parallelism: int = 1) -> StreamExecutionEnvironment:
    return StreamExecutionEnvironment.get_execution_environment().set_parallelism(parallelism)


def pairs(env: StreamExecutionEnvironment) -> Any:
    return env.from_collection(WORDS).flat_map(lambda line: [(w, 1) for w in line.split()], PAIR)


def collected(stream: Any) -> list[Any]:
    with stream.execute_and_collect() as records:
        return list(records)


def test_print_writes_what_pyflink_writes(capsys: pytest.CaptureFixture[str]) -> None:
    env = environment()
    env.from_collection([("a", None), Row(x=1)]).print()
    env.from_collection([("a", 1)], PAIR).print("typed")
    env.execute()
    assert sorted(capsys.readouterr().out.splitlines()) == ["('a', None)", "Row(x=1)", "typed> (a,1)"]


def test_reduce_emits_updates_and_in_batch_mode_results() -> None:
    updates = collected(pairs(environment()).key_by(lambda p: p[0]).sum(1))
    assert Counter(updates) == Counter([("to", 1), ("be", 1), ("or", 1), ("not", 1), ("to", 2), ("be", 2)])
    env = environment().set_runtime_mode(RuntimeExecutionMode.BATCH)
    results = collected(pairs(env).key_by(lambda p: p[0]).reduce(lambda a, b: (a[0], a[1] + b[1])))
    assert sorted(results) == [("be", 2), ("not", 1), ("or", 1), ("to", 2)]


def test_min_and_max() -> None:
    def of(name: str, *position: int) -> list[Any]:
        stream = environment().from_collection([("a", 3, "x"), ("a", 1, "y"), ("a", 2, "z")]).key_by(lambda v: v[0])
        return collected(getattr(stream, name)(*position))

    assert of("min", 1) == [("a", 3, "x"), ("a", 1, "x"), ("a", 1, "x")]
    assert of("max_by", 1) == [("a", 3, "x")] * 3
    assert of("min_by", 1) == [("a", 3, "x"), ("a", 1, "y"), ("a", 1, "y")]
    assert of("max", 1) == [("a", 3, "x")] * 3


class Enumerates(KeyedProcessFunction):
    def open(self, runtime_context: RuntimeContext) -> None:
        self.seen = runtime_context.get_state(ValueStateDescriptor("seen", Types.INT()))

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> Any:
        seen = (self.seen.value() or 0) + 1
        self.seen.update(seen)
        yield f"{ctx.get_current_key()}{seen}"


def test_value_state_is_of_the_key() -> None:
    stream = environment(2).from_collection(["a", "b", "a", "a", "b"]).key_by(lambda v: v)
    assert sorted(collected(stream.process(Enumerates()))) == ["a1", "a2", "a3", "b1", "b2"]


ODD = OutputTag("odd", Types.LONG())


class Sorts(ProcessFunction):
    def process_element(self, value: int, ctx: ProcessFunction.Context) -> Any:
        yield (ODD, value) if value % 2 else value


def test_side_outputs() -> None:
    env = environment()
    numbers = env.from_source(NumberSequenceSource(0, 6), WatermarkStrategy.no_watermarks(), "numbers")
    sorted_out = numbers.process(Sorts(), Types.LONG())
    assert collected(sorted_out.get_side_output(ODD)) == [1, 3, 5]
    both = sorted_out.union(sorted_out.get_side_output(ODD)).map(lambda v: v * 10)
    assert sorted(collected(both)) == [0, 10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("how", ["rebalance", "rescale", "shuffle", "forward"])
def test_partitioning_keeps_every_record(how: str) -> None:
    numbers = environment(3).from_source(NumberSequenceSource(0, 99), WatermarkStrategy.no_watermarks(), "numbers")
    assert sorted(collected(getattr(numbers, how)().map(lambda v: v))) == list(range(100))


def test_broadcast_and_custom_partitioning() -> None:
    env = environment(3)
    numbers = env.from_source(NumberSequenceSource(0, 9), WatermarkStrategy.no_watermarks(), "numbers")
    assert sorted(collected(numbers.broadcast().map(lambda v: v))) == sorted([*range(10)] * 3)
    custom = numbers.partition_custom(lambda key, count: key % count, lambda v: v // 2).map(lambda v: v)
    assert sorted(collected(custom)) == list(range(10))


def test_projection_and_keyed_records() -> None:
    tuples = environment().from_collection([("a", 1, 2.5)], Types.TUPLE([Types.STRING(), Types.INT(), Types.DOUBLE()]))
    assert collected(tuples.project(2, 0)) == [(2.5, "a")]
    assert collected(tuples.key_by(lambda v: v[0])) == [Row(f0="a", f1=("a", 1, 2.5))]


def test_limit_is_a_list_and_ends_the_job() -> None:
    endless = environment().from_source(NumberSequenceSource(0, 10**12), WatermarkStrategy.no_watermarks(), "numbers")
    assert endless.execute_and_collect(limit=3) == [0, 1, 2]


def test_an_iterator_that_is_closed_gives_no_more() -> None:
    records = environment().from_collection([1, 2, 3]).execute_and_collect()
    assert not isinstance(records, list)
    assert records.next() == 1
    records.close()
    records.close()
    assert list(records) == []


def test_files_in_and_out(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("to be\nor not\nto be\n")
    env = environment(2)
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path / "in").build()
    lines = env.from_source(source, WatermarkStrategy.no_watermarks(), "lines")
    sink = FileSink.for_row_format(tmp_path / "out", Encoder.simple_string_encoder())
    plain = sink.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()).build()
    lines.map(lambda line: (line, len(line)), PAIR).sink_to(plain)
    env.execute()
    written = "".join(p.read_text() for p in (tmp_path / "out").iterdir())
    assert sorted(written.splitlines()) == ["(or not,6)", "(to be,5)", "(to be,5)"]


def test_a_missing_file_fails_the_job(tmp_path: Path) -> None:
    env = environment()
    source = FileSource.for_record_stream_format(StreamFormat.text_line_format(), tmp_path / "missing").build()
    env.from_source(source, WatermarkStrategy.no_watermarks(), "lines").print()
    with pytest.raises(JobExecutionError, match=r"no such file or folder.*missing"):
        env.execute()


def test_an_exception_of_the_user_comes_first() -> None:
    env = environment()
    env.from_collection([0]).map(lambda v: 1 / v).print()
    with pytest.raises(JobExecutionError) as raised:
        env.execute()
    lines = str(raised.value).splitlines()
    assert __file__ in lines[1]
    assert "ZeroDivisionError" in str(raised.value)


def test_execute_async() -> None:
    env = environment()
    env.from_collection([1]).map(lambda v: v).filter(lambda v: False).print()
    client = env.execute_async("in the background")
    assert client.get_job_execution_result().result().get_job_id() == client.get_job_id()
    assert client.get_job_status().result() is JobStatus.FINISHED


def test_a_local_job_takes_no_savepoints() -> None:
    env = environment()
    env.from_collection([1]).map(lambda v: v).filter(lambda v: False).print()
    client = env.execute_async("in the background")
    for future in (client.trigger_savepoint("/s"), client.stop_with_savepoint(False, "/s")):
        with pytest.raises(RuntimeError, match="takes no savepoints: run it on a cluster"):
            future.result()
    client.get_job_execution_result().result()


def test_an_environment_without_operators() -> None:
    env = environment()
    env.from_collection([1])
    for call in (env.execute, env.get_execution_plan):
        with pytest.raises(RuntimeError, match="No operators defined in streaming topology"):
            call()
    env.from_collection([1]).filter(lambda v: False).print()
    env.execute()
    with pytest.raises(RuntimeError, match="No operators"):
        env.execute()


def test_settings_of_the_command_line_are_below_those_of_the_program() -> None:
    context = ProgramContext(configuration={"parallelism.default": "4", "pipeline.name": "named"}, plan_only=True)
    with current.use(context):
        own = Configuration().set_string("parallelism.default", "2")
        assert StreamExecutionEnvironment.get_execution_environment().get_parallelism() == 4
        env = StreamExecutionEnvironment.get_execution_environment(own)
        assert env.get_parallelism() == 2
        env.from_collection([1]).print()
        with pytest.raises(ProgramAborted):
            env.execute()
    assert '"parallelism": 2' in context.plans[0]


def test_addresses_do_not_travel_with_the_job() -> None:
    from penstock.datastream.job_settings import JobSettings

    configuration = Configuration.from_dict(
        {"rest.address": "h", "penstock.redis.url": "redis://:secret@h", "my.key": "1", "slot.request.timeout": "5 s"}
    )
    assert JobSettings(configuration).of_the_job() == {"my.key": "1", "slot.request.timeout": "5 s"}


def test_files_that_travel_must_be_there(tmp_path: Path) -> None:
    env = environment()
    (tmp_path / "a.py").write_text("")
    (tmp_path / "requirements.txt").write_text("x\n")
    env.add_python_file(str(tmp_path / "a.py"))
    env.add_python_file(str(tmp_path))
    env.set_python_requirements(str(tmp_path / "requirements.txt"), str(tmp_path))
    settings = env._configuration
    assert settings.get_string("python.files", "") == f"{tmp_path / 'a.py'},{tmp_path}"
    assert settings.get_string("python.requirements", "") == f"{tmp_path / 'requirements.txt'}#{tmp_path}"
    with pytest.raises(FileNotFoundError, match=r"add_python_file: there is no .*b\.py"):
        env.add_python_file(str(tmp_path / "b.py"))
    with pytest.raises(FileNotFoundError, match="set_python_requirements: there is no"):
        env.set_python_requirements(str(tmp_path / "none.txt"))


@pytest.mark.parametrize("collection", ["text", b"bytes", 3])
def test_what_is_no_collection(collection: Any) -> None:
    with pytest.raises(TypeError, match="a collection of elements is needed"):
        environment().from_collection(collection)


def test_aggregations_find_fields_by_the_names_of_the_type() -> None:
    named = Types.ROW_NAMED(["word", "n"], [Types.STRING(), Types.INT()])
    rows = environment().from_collection([Row("a", 3), Row("a", 4)], named)  # PyFlink prints +I[a,3], +I[a,7]
    assert collected(rows.key_by(lambda r: r[0]).sum("n")) == [Row(word="a", n=3), Row(word="a", n=7)]
    with pytest.raises(ValueError, match="sum: there is no field 'm'; the fields are word, n"):
        rows.key_by(lambda r: r[0]).sum("m")


def word_count(*arguments: str) -> str:
    done = subprocess.run([sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_word_count_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("to be or not\nto be\n")
    printed = word_count("--input", str(tmp_path / "text"))
    assert printed.splitlines() == ["(to,1)", "(be,1)", "(or,1)", "(not,1)", "(to,2)", "(be,2)"]


def test_word_count_of_pythons_help(tmp_path: Path) -> None:
    from pydoc_data.topics import topics

    word_count("--output", str(tmp_path / "out"), "--repeat", "2")
    found: dict[str, int] = {}
    for part in (tmp_path / "out").iterdir():
        for line in part.read_text(encoding="utf-8").split("\n")[:-1]:
            word, count = line[1:-1].rsplit(",", 1)
            found[word] = max(found.get(word, 0), int(count))
    assert found == {w: 2 * n for w, n in Counter(w for text in topics.values() for w in text.split()).items()}
