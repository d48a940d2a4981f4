"""Where a program's jobs run: in this process, on a cluster, or nowhere (only their plan is wanted)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from penstock.client.addresses import base_urls, configured_addresses
from penstock.client.archives import UnpackedArchives
from penstock.client.config import Configuration, execution
from penstock.client.config.options import security
from penstock.client.context import ProgramContext, current

if TYPE_CHECKING:
    from penstock.client.job_client import JobClient
    from penstock.graph.compiled import CompiledJob


class PipelineExecutor(Protocol):
    """Source: Flink's `PipelineExecutor`."""

    def execute(self, compiled: "CompiledJob") -> "JobClient":
        """Start the job; the caller waits on the client if it wants to."""


class HasEntries(Protocol):
    """`penstock.common.Configuration`, which holds any string."""

    def to_dict(self) -> dict[str, str]: ...


class ProgramAborted(BaseException):
    """Ends a program of which only the plan was wanted. No `Exception`, so that no `except Exception` keeps it."""


class PlanExecutor:
    """`penstock info`: records the plan and ends the program, as Flink's `OptimizerPlanEnvironment` does."""

    def __init__(self, context: ProgramContext) -> None:
        self._context = context

    def execute(self, compiled: "CompiledJob") -> "JobClient":
        self._context.plans.append(compiled.graph.plan)
        self._context.graphs.append(compiled.graph)
        raise ProgramAborted


class RecordingExecutor:
    """Tells the program's context of every job that another executor starts."""

    def __init__(self, executor: PipelineExecutor, context: ProgramContext) -> None:
        self._executor, self._context = executor, context

    def execute(self, compiled: "CompiledJob") -> "JobClient":
        client = self._executor.execute(compiled)
        self._context.submitted(client)
        return client


def executor_for(configuration: Mapping[str, str] | HasEntries) -> PipelineExecutor:
    """The executor for a program's effective configuration.

    Remote where `penstock run -m` or the configuration (`penstock.rest.addresses`, `rest.address`) names a cluster.
    """
    entries = dict(configuration) if isinstance(configuration, Mapping) else configuration.to_dict()
    context = current.get()
    if context is None:
        return _executor(Configuration(entries), None)
    if context.plan_only:
        return PlanExecutor(context)
    return RecordingExecutor(
        _executor(Configuration({**context.configuration, **entries, **context.access}), context), context
    )


def _executor(configuration: Configuration, context: ProgramContext | None) -> PipelineExecutor:
    target = configuration.find(execution.TARGET)
    if target not in (None, "local", "remote"):
        raise ValueError(f"execution.target is {target!r}; expected local or remote")
    addresses = base_urls(context.addresses) if context and context.addresses else configured_addresses(configuration)
    if target == "remote" and not addresses:
        raise ValueError("execution.target is remote, but no cluster is named; set rest.address or give -m HOST:PORT")
    if addresses and target != "local":
        from penstock.client.remote import RemoteExecutor

        return RemoteExecutor(addresses, configuration, context)
    python_files = configuration.find(execution.PYTHON_FILES)
    if python_files:
        from penstock.client.local_modules import make_importable
        from penstock.client.packaging import listed

        make_importable(listed(python_files))
    from penstock.runtime.local import LocalExecutor

    archives = configuration.find(execution.PYTHON_ARCHIVES)
    secrets = {key: value for key, value in configuration.items() if key.startswith(security.SECRET.key)}
    return LocalExecutor(UnpackedArchives(archives) if archives else None, secrets)
