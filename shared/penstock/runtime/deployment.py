"""What a Deploy command needs before its tasks can start: the graph, the pickled functions, the user's modules."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from penstock.client.config import Configuration
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import Deploy, decode
from penstock.coordination.patience import retrying
from penstock.graph.job_graph import JobGraph
from penstock.runtime.checkpoint_files import restore_from
from penstock.runtime.restore import Restore
from penstock.runtime.user_code import UserCode


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Deploy command with all it refers to at hand. `blobs`: sha256 -> pickled spec, of the command's tasks.

    `restore`: what they begin with, None in a new job.
    """

    command: Deploy
    graph: JobGraph
    blobs: dict[str, bytes]
    restore: Restore | None = None


class DeploymentLoader:
    """Fetches what deployments refer to, each thing once. Waits while Redis is away; used by the reading thread."""

    def __init__(self, coordination: Coordination, directory: Path, configuration: Configuration) -> None:
        self._configuration = configuration
        self._coordination, self._directory = coordination, directory
        self._blobs: dict[str, bytes] = {}
        self._user_code: UserCode | None = None

    def load(self, command: Deploy) -> Deployment:
        """KeyError or ValueError names a blob that is missing or damaged, PackagingError what pip says; UnusableRestore
        a checkpoint that cannot be restored."""
        graph: JobGraph = decode_graph(self._blob(command.graph))
        vertices = {task.vertex for task in command.tasks}
        digests = {node.spec for vertex_id in vertices for node in graph.vertex(vertex_id).operators}
        digests |= {e.partitioner for e in graph.edges if e.partitioner and e.source in vertices}
        for digest in digests:
            self._blob(digest)
        if self._user_code is None:
            package = self._blob(graph.package) if graph.package else None
            self._user_code = UserCode(self._directory, package, graph.requirements)
        restore = None if command.restore is None else restore_from(self._configuration, graph, command.restore)
        return Deployment(command, graph, self._blobs, restore)

    def close(self) -> None:
        """Take the user's modules away again."""
        if self._user_code is not None:
            self._user_code.remove()

    def _blob(self, digest: str) -> bytes:
        if digest not in self._blobs:
            self._blobs[digest] = retrying("fetch a part of the job")(self._coordination.blobs.get, digest)
        return self._blobs[digest]


def decode_graph(data: bytes) -> JobGraph:
    """The JobGraph of a blob; ValueError says what is wrong with it."""
    try:
        return decode(data, JobGraph)
    except msgspec.ValidationError as e:
        raise ValueError(f"not a JobGraph of this version: {e}") from None
