"""`/savepoint-disposal`: removes a savepoint from storage. Any replica does it, and every one tells how it stands."""

import structlog
from msgspec.structs import replace
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.coordination.failure import Failure
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.disposal_store import DisposalRow
from penstock_dispatcher.operation_request import SavepointDisposalRequest, parsed, trigger_id
from penstock_dispatcher.problems import BadRequest, NotFound
from penstock_dispatcher.request_reading import hex_id, json_object
from penstock_dispatcher.savepoint_files import NotDisposable
from penstock_dispatcher.serialized_throwable import failure_cause
from penstock_dispatcher.trigger_json import completed, in_progress

_log = structlog.get_logger()


class DisposalResources:
    """Endpoints; those that are not async block and run in a thread."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def trigger(self, request: Request) -> Response:
        """`{"request-id"}` at once; the files go behind the answer."""
        body = parsed(await json_object(request), SavepointDisposalRequest)
        if not body.savepoint_path.strip():
            raise BadRequest("savepoint-path is empty: the folder of the savepoint, or its metadata file")
        row = DisposalRow(trigger=trigger_id(body.trigger), path=body.savepoint_path, by=self._dispatcher.address)
        is_new = await run_in_threadpool(self._dispatcher.disposals.add, row)
        return Json({"request-id": row.trigger}, background=BackgroundTask(self._dispose, row) if is_new else None)

    def _dispose(self, row: DisposalRow) -> None:
        try:
            self._dispatcher.savepoints.dispose(row.path, self._dispatcher.coordination.submissions.live())
        except NotDisposable as error:
            done = replace(row, state="FAILED", failure=Failure(message=str(error)))
        except Exception as error:
            _log.error("a savepoint could not be disposed of", path=row.path, exc_info=error)
            done = replace(row, state="FAILED", failure=Failure(message=f"{type(error).__name__}: {error}"))
        else:
            done = replace(row, state="COMPLETED")
        self._dispatcher.disposals.put(done)

    def triggered(self, request: Request) -> Response:
        trigger = hex_id(request, "triggerid")
        row = self._dispatcher.disposals.get(trigger)
        if row is None:
            raise NotFound(f"Operation not found under key: {trigger}")
        if row.state == "COMPLETED":
            return Json(completed({}))
        failure = row.failure
        if row.state == "IN_PROGRESS":
            if self._is_alive(row.by):
                return Json(in_progress())
            failure = Failure(
                message=f"the dispatcher at {row.by} ended before {row.path} was gone: dispose of it again"
            )
        return Json(completed({"failure-cause": failure_cause(failure or Failure(message="unknown"))}))

    def _is_alive(self, address: str) -> bool:
        if address == self._dispatcher.address:
            return True
        return any(s.service == "dispatcher" and s.address == address for s in self._dispatcher.reader.services())
