"""CachedDataStream. Source: `pyflink.datastream.data_stream.CachedDataStream`."""

import shutil
import uuid
import weakref
from typing import TYPE_CHECKING, NoReturn

from penstock.datastream.data_stream import DataStream, _declared
from penstock.datastream.slot_sharing_group import SlotSharingGroup
from penstock.graph.states import JobState
from penstock.graph.transformations import StreamInput, Transformation
from penstock.operators.cache_spec import CachedSourceSpec, CacheSpec
from penstock.operators.cached_result import CachedSource, cache_root

if TYPE_CHECKING:
    from penstock.client.job_client import JobClient
    from penstock.datastream.stream_execution_environment import StreamExecutionEnvironment


class CachedResult:
    """What becomes of a cached stream: its transformation stores it until a job that did so has finished, and is the
    source of what was stored from then on."""

    def __init__(self, transformation: Transformation) -> None:
        self._transformation = transformation
        self._inputs = transformation.inputs
        self._began: list[JobClient] = []
        self._storing: CacheSpec | None = None
        self._begin()

    def look(self) -> None:
        """Before a job is compiled: use what has been stored, if it has."""
        t = self._transformation
        if self._storing is None:
            return
        for client in self._began:
            if client.status() is JobState.FINISHED:
                source = CachedSource(self._storing.result_id, client.job_id, t.parallelism)
                t.inputs, t.spec = (), CachedSourceSpec(source, output_type=self._storing.output_type)
                self._storing = None
                return

    def started(self, client: "JobClient", storage_dir: str | None, is_local: bool) -> None:
        """A job with this stream has been started. Of a job in this process the files go with this object."""
        if self._storing is not None:
            self._began.append(client)
            if is_local:
                folder = cache_root(storage_dir) / self._storing.result_id
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def invalidate(self) -> None:
        """Have the next job compute and store the stream again."""
        self._transformation.inputs = self._inputs
        self._began = []
        self._begin()

    def _begin(self) -> None:
        t = self._transformation
        self._storing = CacheSpec(uuid.uuid4().hex, output_type=t.spec.output_type)
        t.spec = self._storing


class CachedDataStream(DataStream):
    """A stream that the first job that needs it stores, so that later jobs of the environment do not compute it again.

    Only batch jobs store; what was stored any job can read. Until a job has finished, others compute the stream too.
    """

    def invalidate(self) -> None:
        """Have the stream computed and stored again. What was stored is removed after a day, or with the program."""
        self._environment._cached[self._transformation.id].invalidate()

    def _unsupported(self, what: str) -> NoReturn:
        raise TypeError(f"{what} CachedDataStream is not supported.")

    def get_name(self) -> str:
        self._unsupported("Get name of")

    def name(self, name: str) -> DataStream:
        self._unsupported("Set name for")

    def uid(self, uid: str) -> DataStream:
        self._unsupported("Set uid for")

    def set_uid_hash(self, uid_hash: str) -> DataStream:
        self._unsupported("Set uid hash for")

    def set_parallelism(self, parallelism: int) -> DataStream:
        self._unsupported("Set parallelism for")

    def set_max_parallelism(self, max_parallelism: int) -> DataStream:
        self._unsupported("Set max parallelism for")

    def force_non_parallel(self) -> DataStream:
        self._unsupported("Set force non-parallel for")

    def set_buffer_timeout(self, timeout_millis: int) -> DataStream:
        self._unsupported("Set buffer timeout for")

    def start_new_chain(self) -> DataStream:
        self._unsupported("Start new chain for")

    def disable_chaining(self) -> DataStream:
        self._unsupported("Disable chaining for")

    def slot_sharing_group(self, slot_sharing_group: "str | SlotSharingGroup") -> DataStream:
        self._unsupported("Setting slot sharing group for")


def cached(stream: DataStream, environment: "StreamExecutionEnvironment") -> CachedDataStream:
    """The stream behind an operator that stores it; its parallelism is that of what it stores."""
    before = max((i.source for i in stream._inputs), key=lambda t: t.parallelism)
    transformation = environment._add("Cache", CacheSpec("", output_type=_declared(stream._type)), stream._inputs)
    transformation.parallelism, transformation.is_parallel = before.parallelism, before.is_parallel
    environment._cached[transformation.id] = CachedResult(transformation)
    return CachedDataStream(environment, (StreamInput(transformation),), stream._type, transformation)
