"""What Flink has and this cluster has not: a clear answer for each."""

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.problems import BadRequest, Forbidden, Moved, NotFound, NotImplementedHere
from penstock_dispatcher.request_reading import hex_id
from penstock_dispatcher.shutdown import Shutdown


class RefusedResources:
    """Endpoints; each blocks and runs in a thread."""

    def __init__(self, dispatcher: Dispatcher, shutdown: Shutdown | None = None) -> None:
        self._dispatcher, self._shutdown = dispatcher, shutdown or Shutdown()

    def shut_down(self, request: Request) -> Response:
        """Where the whole cluster runs on this machine it is ended, once this is answered."""
        if not self._dispatcher.configuration.get(rest.CANCEL_ENABLED):
            raise Forbidden("the cluster cannot be shut down by REST here: web.cancel.enable is false")
        services = self._shutdown.check(self._dispatcher.reader.services())
        return Json({}, background=BackgroundTask(self._shutdown.run, services))

    async def submit_stream_graph(self, request: Request) -> Response:
        """Flink's own `flink run` sends a serialized Java graph."""
        raise BadRequest(
            "POST /jobs takes a serialized Java StreamGraph in Flink, which this cluster does not run; "
            "use `penstock run`, or /jars/upload and /jars/:jarid/run with a Python program"
        )

    async def run_application(self, request: Request) -> Response:
        raise NotImplementedHere("applications are not run apart from the dispatcher: use /jars/:jarid/run")

    def client_heartbeat(self, request: Request) -> Response:
        job = self._dispatcher.reader.job(hex_id(request, "jobid")).row.job
        raise NotImplementedHere(f"job {job} does not depend on its client: there is nothing to keep alive")

    async def coordinate(self, request: Request) -> Response:
        job = hex_id(request, "jobid")
        await run_in_threadpool(self._dispatcher.reader.job, job)
        raise NotImplementedHere(
            f"operators of job {job} have no coordinators; results come from /penstock/jobs/:jobid/collect/:collectid"
        )

    def stop(self, request: Request) -> Response:
        """`GET /jobs/:id/yarn-stop`, which Flink has removed as well."""
        job = self._dispatcher.reader.job(hex_id(request, "jobid")).row.job
        raise Moved(f'The termination mode "stop" has been removed: use POST /jobs/{job}/stop')

    # -- cluster data sets: there are none ---------------------------------------------------------------------------
    def datasets(self, request: Request) -> Response:
        return Json({"dataSets": []})

    def delete_dataset(self, request: Request) -> Response:
        raise NotFound(f"Dataset {hex_id(request, 'datasetid')} not found: this cluster keeps no data sets")

    def deleted_dataset(self, request: Request) -> Response:
        raise NotFound(f"Operation not found under key: {hex_id(request, 'triggerid')}")
