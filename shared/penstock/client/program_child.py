"""`python -P -m penstock.client.program_child REQUEST RESULT`: a program that a dispatcher runs, in its own process.

REQUEST is the file with a JSON `ChildRequest`; RESULT is where a JSON `ChildResult` goes. Stdout is the program's.
"""

import os
import sys
from pathlib import Path

import msgspec

from penstock.client.context import ProgramContext
from penstock.client.program import ProgramError, run_program, user_traceback
from penstock.client.rest_client import ClusterUnreachable, RestError
from penstock.graph.job_graph import JobGraph


class ChildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to run. `folder`: where the program was unpacked; `entry`: a file in it; `module`: run it as a module."""

    folder: str
    entry: str
    module: bool
    args: tuple[str, ...]
    addresses: tuple[str, ...]
    configuration: dict[str, str]
    job_id: str
    origin: str
    access: dict[str, str] = {}  #: settings of the REST client alone
    plan_only: bool = False  #: no job is started; the first one's graph is told


class ChildResult(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that were started, in order; and why main() did not return, its traceback first."""

    jobs: tuple[str, ...] = ()
    graph: JobGraph | None = None  #: of `plan_only`
    error: str | None = None
    status: int = 200  #: of the HTTP answer


def run(request: ChildRequest) -> ChildResult:
    """Run the program in this process. Its jobs are submitted and not waited for."""
    folder = Path(request.folder)
    context = ProgramContext(
        configuration=request.configuration,
        addresses=request.addresses,
        attached=False,
        job_id=request.job_id,
        origin=request.origin,
        access=request.access,
        plan_only=request.plan_only,
    )
    error: str | None = None
    status = 400
    os.chdir(folder)
    try:
        run_program(folder / request.entry, request.args, context, root=folder if request.module else None)
    except ProgramError as e:
        error = str(e)
    except SystemExit as e:
        if e.code not in (None, 0):
            error = f"main() of {request.entry} exited with {e.code!r}"
    except (RestError, ClusterUnreachable) as e:
        error = f"{e}\n{user_traceback(e, folder / request.entry)}"
        status = e.status if isinstance(e, RestError) else 503
    except Exception as e:
        error = user_traceback(e, folder / request.entry)
    jobs = tuple(client.job_id for client in context.jobs)
    graph = context.graphs[0] if context.graphs else None
    if error is None and not jobs and graph is None:
        error = f"{request.entry} started no job: it has to call execute() or execute_async()"
    return ChildResult(jobs=jobs, graph=graph, error=error, status=status if error else 200)


def main(arguments: list[str]) -> None:
    """Read the request, run, write the result beside and rename it: half a result is none."""
    request_file, result_file = map(Path, arguments)
    request = msgspec.json.decode(request_file.read_bytes(), type=ChildRequest)
    result = run(request)
    sys.stdout.flush()
    sys.stderr.flush()
    written = result_file.with_suffix(".part")
    written.write_bytes(msgspec.json.encode(result))
    written.rename(result_file)


if __name__ == "__main__":
    main(sys.argv[1:])
