"""Send a whole program to the cluster: where the client's Python differs from the slots', main() runs over there."""

import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from penstock.client import safe_zip
from penstock.client.addresses import base_urls, configured_addresses
from penstock.client.config import Configuration, execution
from penstock.client.context import ProgramContext
from penstock.client.job_client import RemoteJobClient
from penstock.client.packaging import MAX_PACKAGE, build_package, listed, read_requirements, write_zip
from penstock.client.program_error import RemoteProgramError, output_in
from penstock.client.rest_client import RestClient, RestError
from penstock.client.user_traceback import localized

#: seconds that main() may take on the cluster; the dispatcher's own bound (`web.timeout`) is below it
_PATIENCE = 660.0
_REQUIREMENTS = "penstock-requirements.txt"


@dataclass(frozen=True, slots=True)
class SubmittedProgram:
    """What a program did on the cluster: the jobs it started, in order, and what it wrote."""

    job_ids: tuple[str, ...]
    output: str


def own_python() -> str:
    """ "3.11": pickled functions of this process can be read by such a Python only."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def sent_to_cluster(script: Path, args: Sequence[str], context: ProgramContext) -> bool:
    """Send the program if the context names a cluster with another Python, and wait for its jobs if attached."""
    configuration = Configuration(context.configuration)
    addresses = base_urls(context.addresses) if context.addresses else configured_addresses(configuration)
    if not addresses or context.origin:
        return False
    rest = RestClient(addresses, configuration)
    if set(rest.cluster()["python-versions"]) <= {own_python()}:
        rest.close()
        return False
    try:
        submitted = submit_program(rest, script, args, configuration=configuration)
    except RestError as error:
        _tell(context, output_in(error.errors))
        if (failure := _failure_of_main(error, script)) is not None:
            raise failure from None
        raise
    _tell(context, submitted.output)
    for job_id in submitted.job_ids:
        context.submitted(RemoteJobClient(rest, job_id))
    if context.attached:
        for client in context.jobs:
            client.result()
    return True


def _tell(context: ProgramContext, output: str) -> None:
    """What main() wrote comes out here, too."""
    context.output = output
    sys.stdout.write(output)
    sys.stdout.flush()


def _failure_of_main(error: RestError, script: Path) -> RemoteProgramError | None:
    """The traceback of main(), None where something else went wrong."""
    traceback, *rest = error.errors or [""]
    if not traceback.lstrip().startswith(("Traceback ", "File ")):
        return None
    raised = traceback.rstrip().rpartition("\n")[2].partition(":")[0]
    jobs = "".join(f"; {e}" for e in rest if e.startswith("jobs "))
    message = f"{script.name}, which runs under the cluster's Python, raised {raised}{jobs}"
    return RemoteProgramError(message, localized(traceback, script.parent))


def submit_program(
    rest: RestClient,
    script: Path,
    args: Sequence[str],
    *,
    parallelism: int | None = None,
    configuration: Configuration | None = None,
    job_id: str | None = None,
) -> SubmittedProgram:
    """Upload a script with the modules beside it and run its main() on the cluster; returns when main() has ended.

    RestError: main() failed (its text starts with the user's traceback) or started no job.
    """
    configuration = configuration or Configuration()
    name, content, settings = _bundle(script, configuration)
    body: dict[str, object] = {
        "entryClass": script.name,
        "programArgsList": list(args),
        "jobId": job_id or secrets.token_hex(16),
        "flinkConfiguration": settings,
    }
    if parallelism is not None:
        body["parallelism"] = parallelism
    answer = rest.run_jar(rest.upload_jar(name, content), body, _PATIENCE)
    return SubmittedProgram(tuple(answer.get("jobids") or [answer["jobid"]]), answer.get("output", ""))


def _bundle(script: Path, configuration: Configuration) -> tuple[str, bytes, dict[str, str]]:
    """(file name, zip, configuration) of a program: local files that the configuration names travel in the zip."""
    files: dict[str, Path | bytes] = {script.name: script}
    settings = _settings_for_cluster(configuration)
    package = build_package(script, script.parent, listed(configuration.find(execution.PYTHON_FILES)))
    if package is not None:
        files = {**safe_zip.read(package, MAX_PACKAGE), **files}
    if requirements := configuration.find(execution.PYTHON_REQUIREMENTS):
        files[_REQUIREMENTS] = "\n".join(read_requirements(requirements.partition("#")[0])).encode()
        settings[execution.PYTHON_REQUIREMENTS.key] = _REQUIREMENTS
    return f"{script.stem}.zip", write_zip(files), settings


def _settings_for_cluster(configuration: Configuration) -> dict[str, str]:
    """What of a client's configuration concerns the job: not where the cluster is, nor files on the client's disk."""
    here = (
        "rest.",
        "security.",
        "penstock.rest.",
        "penstock.redis.",
        "penstock.secret",
        "python.files",
        "python.requirements",
        "execution.target",
    )
    return {k: v for k, v in configuration.items() if not k.startswith(here)}
