"""RemoteExecutor: packages the user's modules, uploads what the cluster lacks, submits."""

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from penstock.client.config import Configuration, execution
from penstock.client.context import ProgramContext
from penstock.client.job_client import RemoteJobClient
from penstock.client.packaging import build_package, listed, read_requirements
from penstock.client.rest_client import RestClient
from penstock.graph.job_graph import JobGraph

if TYPE_CHECKING:
    from penstock.graph.compiled import CompiledJob

#: in a job's configuration: the digest of the uploaded program and arguments that made it
ORIGIN_KEY = "$internal.program.origin"


class RemoteExecutor:
    """Submits to the first dispatcher that answers. The job id is the client's: a repeated submission is harmless."""

    def __init__(
        self, addresses: Sequence[str], configuration: Configuration, context: ProgramContext | None = None
    ) -> None:
        self._addresses, self._configuration, self._context = tuple(addresses), configuration, context

    def execute(self, compiled: "CompiledJob") -> RemoteJobClient:
        graph, blobs = self.prepare(compiled)
        rest = RestClient(self._addresses, self._configuration)
        for digest in rest.missing_blobs(blobs):
            rest.put_blob(digest, blobs[digest])
        return RemoteJobClient(rest, rest.submit(msgspec.json.encode(graph)))

    def prepare(self, compiled: "CompiledJob") -> tuple[JobGraph, dict[str, bytes]]:
        """The graph as it is submitted, and every blob it refers to. PackagingError: see `packaging`."""
        graph, blobs = compiled.graph, dict(compiled.blobs)
        options = self._configuration.with_overrides(graph.configuration)
        files, archives = listed(options.find(execution.PYTHON_FILES)), options.find(execution.PYTHON_ARCHIVES)
        package = build_package(*self._script(), files, archives)
        if package is not None:
            digest = hashlib.sha256(package).hexdigest()
            blobs[digest] = package
            graph = msgspec.structs.replace(graph, package=digest)
        requirements = options.find(execution.PYTHON_REQUIREMENTS)
        if requirements:
            # PyFlink: "requirements.txt#folder of downloaded packages"
            lines = read_requirements(requirements.partition("#")[0])
            graph = msgspec.structs.replace(graph, requirements=(*graph.requirements, *lines))
        if self._context is not None:
            job_id = self._context.next_job_id(graph.job_id)
            configuration = dict(graph.configuration)
            if self._context.origin:
                configuration[ORIGIN_KEY] = self._context.origin
            graph = msgspec.structs.replace(graph, job_id=job_id, configuration=configuration)
        return graph, blobs

    def _script(self) -> tuple[Path | None, Path | None]:
        """The program and the folder its imports start from; none in an interactive session."""
        if self._context is not None:
            return self._context.program, self._context.folder
        file = getattr(sys.modules.get("__main__"), "__file__", None)
        script = Path(file).resolve() if file else None
        return script, script.parent if script else None
