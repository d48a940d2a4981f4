"""Logs, output and threads of the JobManager and the TaskManagers; the cluster's settings and interpreter."""

import socket
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import cluster
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.logs.environment_json import configuration_entries, environment
from penstock_dispatcher.logs.log_folder import LogFile, LogFolder, printed
from penstock_dispatcher.logs.threads import own_threads, threads_of
from penstock_dispatcher.problems import NotFound
from penstock_dispatcher.request_reading import hex_id
from penstock_dispatcher.taskmanager_json import processes_of

#: what is one process in Flink is several here
_JOBMANAGER = ("jobmanager-*", "dispatcher-*", "resourcemanager-*")


class LogResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        folder = dispatcher.configuration.find(cluster.LOG_DIR)
        self._folder = LogFolder(Path(folder) if folder else None)

    # -- the JobManager: jobmanagers, dispatchers, ResourceManagers --------------------------------------------------
    def jobmanager_logs(self, request: Request) -> Response:
        return _listed(self._folder.of(*_JOBMANAGER))

    def jobmanager_log(self, request: Request) -> Response:
        return _text(self._first(_JOBMANAGER[:1]))

    def jobmanager_stdout(self, request: Request) -> Response:
        return _text(printed(self._first(_JOBMANAGER[:1])))

    def jobmanager_file(self, request: Request) -> Response:
        return _text(self._named(str(request.path_params["filename"]), _JOBMANAGER))

    def jobmanager_threads(self, request: Request) -> Response:
        """This dispatcher's, with their stacks; the jobmanagers' and ResourceManagers' by name."""
        services = self._dispatcher.reader.services()
        others = threads_of((s for s in services if s.service in ("jobmanager", "resourcemanager")), _host())
        return Json({"threadInfos": own_threads()["threadInfos"] + others["threadInfos"]})

    def configuration(self, request: Request) -> Response:
        return Json(configuration_entries(self._dispatcher.configuration))

    def environment(self, request: Request) -> Response:
        return Json(environment())

    # -- the same below a job ----------------------------------------------------------------------------------------
    def job_configuration(self, request: Request) -> Response:
        self._dispatcher.reader.job(hex_id(request, "jobid"))
        return self.configuration(request)

    def job_environment(self, request: Request) -> Response:
        self._dispatcher.reader.job(hex_id(request, "jobid"))
        return self.environment(request)

    def jobmanager_log_url(self, request: Request) -> Response:
        self._dispatcher.reader.job(hex_id(request, "jobid"))
        return Json({"url": f"{self._dispatcher.address}/jobmanager/log"})

    def taskmanager_log_url(self, request: Request) -> Response:
        self._dispatcher.reader.job(hex_id(request, "jobid"))
        name = self._dispatcher.reader.taskmanager(str(request.path_params["taskmanagerid"])).taskmanager
        return Json({"url": f"{self._dispatcher.address}/taskmanagers/{name}/log"})

    # -- TaskManagers ------------------------------------------------------------------------------------------------
    def taskmanager_logs(self, request: Request) -> Response:
        return _listed(self._folder.of(self._taskmanager(request)))

    def taskmanager_log(self, request: Request) -> Response:
        return _text(self._first((self._taskmanager(request),)))

    def taskmanager_stdout(self, request: Request) -> Response:
        return _text(printed(self._first((self._taskmanager(request),))))

    def taskmanager_file(self, request: Request) -> Response:
        return _text(self._named(str(request.path_params["filename"]), (self._taskmanager(request),)))

    def taskmanager_threads(self, request: Request) -> Response:
        reader = self._dispatcher.reader
        row = reader.taskmanager(self._taskmanager(request))
        processes = processes_of(row, reader.taskmanager_infos().get(row.taskmanager), reader.services())
        return Json(threads_of(processes, _host()))

    def _taskmanager(self, request: Request) -> str:
        return self._dispatcher.reader.taskmanager(str(request.path_params["taskmanagerid"])).taskmanager

    def _first(self, processes: tuple[str, ...]) -> bytes:
        files = self._folder.of(*processes)
        if not files:
            raise NotFound(
                f"there is no log of {processes[0]} here: {cluster.LOG_DIR.key} has to name the folder that it is in"
            )
        return self._named(files[0].name, processes)

    def _named(self, name: str, processes: tuple[str, ...]) -> bytes:
        try:
            return self._folder.tail(name, processes)
        except KeyError:
            raise NotFound(f"there is no log file {name[:200]!r}") from None


def _listed(files: list[LogFile]) -> Response:
    return Json({"logs": [{"name": f.name, "size": f.size, "mtime": f.modified} for f in files]})


def _text(content: bytes) -> Response:
    return Response(content.decode(errors="replace"), media_type="text/plain", headers={"Cache-Control": "no-store"})


def _host() -> str:
    return socket.gethostname()
