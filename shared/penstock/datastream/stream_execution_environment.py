"""StreamExecutionEnvironment. Source: `pyflink.datastream.stream_execution_environment`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from penstock.common.configuration import Configuration
from penstock.common.execution_config import PARALLELISM_KEY, ExecutionConfig
from penstock.common.io import InputFormat
from penstock.common.job_client import JobClient
from penstock.common.job_execution_result import DetachedJobExecutionResult, JobExecutionResult
from penstock.common.job_id import JobID
from penstock.common.jvm import no_jvm, warn_no_effect
from penstock.common.typeinfo import TypeInformation
from penstock.common.watermark_strategy import WatermarkStrategy
from penstock.datastream.cached_data_stream import CachedResult
from penstock.datastream.checkpoint_config import INTERVAL_KEY
from penstock.datastream.collection_source import CollectionSource, converted_elements
from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.environment_settings import EnvironmentSettings
from penstock.datastream.execution_mode import RuntimeExecutionMode
from penstock.datastream.functions import SourceFunction
from penstock.datastream.job_settings import BUFFER_TIMEOUT_KEY, CHAINING_KEY, JobSettings
from penstock.datastream.program_configuration import check_program_configuration
from penstock.datastream.user_code import check_type
from penstock.graph.transformations import StreamInput, Transformation
from penstock.operators.specs import OperatorSpec, Source, SourceSpec

if TYPE_CHECKING:
    from penstock.client import job_client as executor_client
    from penstock.graph.stream_graph import StreamGraph

__all__ = ["StreamExecutionEnvironment"]


class StreamExecutionEnvironment(EnvironmentSettings):
    """Where a program makes its streams and runs them: in this process, or on the cluster `penstock run` names."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self._transformations: list[Transformation] = []
        self._cached: dict[int, CachedResult] = {}  #: by the ids of their transformations
        self._made = 0

    @staticmethod
    def get_execution_environment(configuration: Configuration | None = None) -> "StreamExecutionEnvironment":
        """`configuration` wins over what the command line and `conf/config.yaml` say."""
        from penstock.client.context import current

        context = current.get()
        effective = Configuration.from_dict(context.configuration if context is not None else {})
        effective.add_all(configuration or Configuration())
        default = EnvironmentSettings._default_local_parallelism
        is_local = context is None or not context.addresses
        if default is not None and is_local and not effective.contains_key(PARALLELISM_KEY):
            effective.set_integer(PARALLELISM_KEY, default)
        return StreamExecutionEnvironment(effective)

    # -- settings ------------------------------------------------------------------------------------------------------

    def get_config(self) -> ExecutionConfig:
        """A view: what is set there is set here."""
        return ExecutionConfig(self._configuration)

    def configure(self, configuration: Configuration) -> None:
        """Take these keys, Flink's or the user's own."""
        self._configuration.add_all(configuration)

    def set_parallelism(self, parallelism: int) -> "StreamExecutionEnvironment":
        """Of the operators that are made from here on and set none of their own."""
        self.get_config().set_parallelism(parallelism)
        return self

    def get_parallelism(self) -> int:
        return self.get_config().get_parallelism()

    def set_max_parallelism(self, max_parallelism: int) -> "StreamExecutionEnvironment":
        """The number of key groups: the highest parallelism the job can be rescaled to."""
        self.get_config().set_max_parallelism(max_parallelism)
        return self

    def get_max_parallelism(self) -> int:
        return self.get_config().get_max_parallelism()

    def set_runtime_mode(self, execution_mode: RuntimeExecutionMode) -> "StreamExecutionEnvironment":
        self._configuration.set_string("execution.runtime-mode", execution_mode.name)
        return self

    def set_buffer_timeout(self, timeout_millis: int) -> "StreamExecutionEnvironment":
        """The longest time a record waits for others to leave with; -1: until a batch is full or input pauses."""
        if timeout_millis < -1:
            raise ValueError(f"Timeout of buffer must be non-negative or -1: {timeout_millis}")
        self._configuration.set_boolean(f"{BUFFER_TIMEOUT_KEY}.enabled", timeout_millis >= 0)
        if timeout_millis >= 0:
            self._configuration.set_string(f"{BUFFER_TIMEOUT_KEY}.interval", f"{timeout_millis} ms")
        return self

    def get_buffer_timeout(self) -> int:
        """Milliseconds, -1 where it is off."""
        return JobSettings(self._configuration).buffer_timeout_ms()

    def disable_operator_chaining(self) -> "StreamExecutionEnvironment":
        """Every operator runs as a task of its own."""
        self._configuration.set_boolean(f"{CHAINING_KEY}.enabled", False)
        return self

    def is_chaining_enabled(self) -> bool:
        return JobSettings(self._configuration).is_chaining_enabled()

    def is_chaining_of_operators_with_different_max_parallelism_enabled(self) -> bool:
        return JobSettings(self._configuration).chains_different_max_parallelism()

    # -- what travels with the job -------------------------------------------------------------------------------------

    def add_python_file(self, file_path: str) -> None:
        """A module, package folder or zip that the job's functions import. FileNotFoundError where there is none."""
        path = Path(file_path).absolute()
        if not path.exists():
            raise FileNotFoundError(f"add_python_file: there is no {file_path}")
        files = self._configuration.get_string("python.files", "")
        self._configuration.set_string("python.files", f"{files},{path}" if files else str(path))

    def add_python_archive(self, archive_path: str, target_dir: str | None = None) -> None:
        """A zip that is unpacked into the folder `target_dir` (default: its own name) where the job's functions run.

        They find it by relative paths: their working directory holds the archives. FileNotFoundError where there is
        none.
        """
        from penstock.client.archives import archive_entry

        path = Path(archive_path).absolute()
        if not path.is_file():
            raise FileNotFoundError(f"add_python_archive: there is no {archive_path}")
        archives = self._configuration.get_string("python.archives", "")
        entry = archive_entry(path, target_dir)
        self._configuration.set_string("python.archives", f"{archives},{entry}" if archives else entry)

    def set_python_requirements(self, requirements_file_path: str, requirements_cache_dir: str | None = None) -> None:
        """A requirements.txt that slots install, from a folder of downloaded packages if given. FileNotFoundError.

        A job that runs in this process uses what this Python has.
        """
        for path in filter(None, (requirements_file_path, requirements_cache_dir)):
            if not Path(path).exists():
                raise FileNotFoundError(f"set_python_requirements: there is no {path}")
        value = str(Path(requirements_file_path).absolute())
        if requirements_cache_dir is not None:
            value += f"#{Path(requirements_cache_dir).absolute()}"
        self._configuration.set_string("python.requirements", value)

    # -- sources -------------------------------------------------------------------------------------------------------

    def from_collection(self, collection: Iterable[Any], type_info: TypeInformation | None = None) -> DataStream:
        """The elements travel with the job and are read by one subtask, in order.

        With a type they are converted here: whole numbers wrap as in Java. TypeError names an element that does not
        fit.
        """
        if isinstance(collection, (str, bytes)) or not isinstance(collection, Iterable):
            raise TypeError(f"a collection of elements is needed, not {collection!r}")
        declared = check_type(type_info)
        elements = converted_elements(collection, declared)
        stream = self._from_source(CollectionSource(elements), None, "Collection Source", declared)
        stream._set_parallelism(1)
        stream._transformation.is_parallel = False
        return stream

    def from_source(
        self,
        source: Source,
        watermark_strategy: WatermarkStrategy,
        source_name: str,
        type_info: TypeInformation | None = None,
    ) -> DataStream:
        if not isinstance(source, Source):
            raise TypeError(f"a source is needed, such as FileSource.for_record_stream_format(…).build(): {source!r}")
        if not isinstance(watermark_strategy, WatermarkStrategy):
            raise TypeError(f"a WatermarkStrategy is needed, not {watermark_strategy!r}")
        if type_info is None and hasattr(source, "get_produced_type"):
            type_info = source.get_produced_type()
        return self._from_source(source, watermark_strategy, source_name, check_type(type_info))

    def add_source(
        self, source_func: SourceFunction, source_name: str = "Custom Source", type_info: TypeInformation | None = None
    ) -> NoReturn:
        """JvmNotAvailableError: it takes a SourceFunction of the JVM."""
        no_jvm("add_source(…), use from_source(…) instead")

    def create_input(self, input_format: InputFormat, type_info: TypeInformation | None = None) -> DataStream:
        """The records of an input format of Penstock's, such as `AvroInputFormat`: JvmNotAvailableError for others."""
        source_of = getattr(input_format, "source", None)
        if source_of is None:
            no_jvm("create_input(…) of an InputFormat of the JVM, use from_source(…) instead")
        return self.from_source(source_of(), WatermarkStrategy.no_watermarks(), "Custom Source", type_info)

    def _from_source(
        self, source: Source, strategy: WatermarkStrategy | None, name: str, type_info: TypeInformation
    ) -> DataStream:
        spec = SourceSpec(source, strategy, output_type=_declared(type_info))
        transformation = self._add(name, spec, ())
        return DataStream(self, (StreamInput(transformation),), type_info, transformation)

    # -- execution -----------------------------------------------------------------------------------------------------

    def get_execution_plan(self) -> str:
        """The operators so far as JSON, in the shape of Flink's plan visualizer."""
        from penstock.graph.plan import execution_plan

        return execution_plan(self._stream_graph(None))

    def execute(self, job_name: str | None = None) -> JobExecutionResult:
        """Run the job to its end. Raises where it does not finish; returns at once where it was submitted detached."""
        from penstock.client.context import current

        client = self._start(job_name)
        context = current.get()
        if context is not None and not context.attached:
            client.start()
            return DetachedJobExecutionResult(JobID(client.job_id))
        result = client.result()
        return JobExecutionResult(JobID(result.job_id), result.net_runtime, result.accumulators)

    def execute_async(self, job_name: str = "Flink Streaming Job") -> JobClient:
        """Start the job and return at once."""
        client = self._start(job_name)
        # a local job runs in the thread that waits for it, where there is one
        client.start()
        return JobClient(client)

    def _start(self, job_name: str | None) -> "executor_client.JobClient":
        from penstock.client.executors import executor_for
        from penstock.graph.job_graph_generator import compile_job

        graph = self._stream_graph(job_name)
        configuration = JobSettings(self._configuration).of_the_job()
        check_program_configuration(configuration)
        if graph.job_type == "BATCH" and configuration.pop(INTERVAL_KEY, None) is not None:
            warn_no_effect("enable_checkpointing in BATCH mode", "a batch job takes no checkpoints")
        compiled = compile_job(graph, job_id=str(JobID.generate()), configuration=configuration)
        # as in Flink: what is made after this is another job
        self._transformations.clear()
        client = executor_for(self._configuration).execute(compiled)
        for number in graph.nodes.keys() & self._cached.keys():
            storage = self._configuration.get_string("penstock.storage.dir", "") or None
            self._cached[number].started(client, storage, _is_local(client))
        return client

    def _stream_graph(self, job_name: str | None) -> "StreamGraph":
        from penstock.graph.stream_graph import build_stream_graph

        if not any(t.inputs for t in self._transformations):
            raise RuntimeError("No operators defined in streaming topology. Cannot execute.")
        connected = {i.source.id for t in self._transformations for i in t.inputs}
        used = [t for t in self._transformations if t.inputs or t.id in connected]
        for cached in self._cached.values():
            cached.look()
        return build_stream_graph(used, JobSettings(self._configuration).of_the_graph(job_name))

    def _add(self, name: str, spec: OperatorSpec, inputs: tuple[StreamInput, ...]) -> Transformation:
        self._made += 1
        transformation = Transformation(self._made, name, spec, inputs, parallelism=self.get_parallelism())
        self._transformations.append(transformation)
        return transformation


def _is_local(client: "executor_client.JobClient") -> bool:
    """Whether the job runs in this process."""
    from penstock.runtime.local import LocalJobClient

    return isinstance(client, LocalJobClient)
