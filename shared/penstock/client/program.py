"""Run a user's program: in this process as `__main__`, or, where the cluster has another Python, on the cluster."""

import sys
import traceback
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from penstock import pyflink_alias
from penstock.client.context import ProgramContext, current
from penstock.client.executors import ProgramAborted
from penstock.client.program_error import ProgramError

__all__ = ["ProgramError", "run_program", "user_traceback"]


def run_program(
    path: str | Path, args: Sequence[str], context: ProgramContext, *, root: str | Path | None = None
) -> None:
    """Run a script as Python would, under `context`; on return `context.jobs` lists what it has started.

    With `root`, a folder above the script, it runs as a module of that folder, as `python -m` would.

    Whatever the script raises is raised here: SyntaxError, SystemExit, its own exceptions (see `user_traceback`).
    ProgramError: there is no such script. Where the cluster's Python is another one, the program is sent there, and
    an attached caller waits for its jobs: JobExecutionError for one that does not finish.
    """
    script = Path(path)
    if not script.is_file():
        is_folder = script.is_dir()
        what = "is a folder; give the script in it" if is_folder else "does not exist; give the path of a .py file"
        raise ProgramError(f"program {path} {what}")
    script = script.resolve()
    folder = Path(root).resolve() if root is not None else script.parent
    context.program, context.folder, context.args = script, folder, tuple(args)
    if not context.plan_only:
        from penstock.client.remote_program import sent_to_cluster

        if sent_to_cluster(script, args, context):
            return
    pyflink_alias.install_where_pyflink_is_missing()
    code = compile(script.read_bytes(), str(script), "exec", dont_inherit=True)
    with current.use(context), _as_main(script, folder, args) as namespace:
        try:
            exec(code, namespace)
        except ProgramAborted:
            return


@contextmanager
def _as_main(script: Path, folder: Path, args: Sequence[str]) -> Iterator[dict[str, object]]:
    """`sys.argv`, `sys.path[0]` and `__main__` as `python script args` has them, for the duration of a `with`."""
    module = types.ModuleType("__main__")
    package = ".".join(script.parent.relative_to(folder).parts)
    vars(module).update(__file__=str(script), __builtins__=__builtins__, __cached__=None, __package__=package or None)
    argv, path, main = sys.argv, list(sys.path), sys.modules.get("__main__")
    sys.argv = [str(script), *args]
    sys.path.insert(0, str(folder))
    sys.modules["__main__"] = module
    try:
        yield vars(module)
    finally:
        sys.argv = argv
        sys.path[:] = path
        if main is not None:
            sys.modules["__main__"] = main


def user_traceback(error: BaseException, program: str | Path) -> str:
    """The traceback of what a program raised, from the program's own first frame on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != str(Path(program).resolve()):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))
