"""`/jars`: upload a program and have the cluster run its main()."""

import time
import uuid

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from penstock.client.config import rest
from penstock.client.context import derived_job_id
from penstock.client.remote import ORIGIN_KEY
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.jar_files import accepted_name, checked_entry
from penstock_dispatcher.jar_request import cluster_defaults, parse_run_request
from penstock_dispatcher.jar_runner import ProgramRun
from penstock_dispatcher.jar_store import JarRow
from penstock_dispatcher.problems import BadRequest, Conflict, Forbidden, NotFound
from penstock_dispatcher.request_reading import json_object

_FIELD = "jarfile"


class JarResources:
    """Endpoints."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def _enabled(self) -> None:
        if not self._dispatcher.configuration.get(rest.SUBMIT_ENABLED):
            raise Forbidden("programs cannot be run by REST here: web.submit.enable is false")

    def jars(self, request: Request) -> Response:
        self._enabled()
        files = [
            {
                "id": row.id,
                "name": row.name,
                "uploaded": row.uploaded,
                "entry": [{"name": row.entry, "description": ""}] if row.entry else [],
            }
            for row in self._dispatcher.jars.all()
        ]
        return Json({"address": self._dispatcher.address, "files": files})

    async def upload(self, request: Request) -> Response:
        """Multipart, one file, in the field `jarfile` or any other: .py, .zip or .whl."""
        self._enabled()
        try:
            async with request.form(max_files=1, max_fields=16) as form:
                upload = next((field for _, field in form.multi_items() if isinstance(field, UploadFile)), None)
                if upload is None:
                    raise BadRequest(f"the upload has no file in the multipart field {_FIELD!r}")
                name, content = accepted_name(upload.filename), await upload.read()
        except HTTPException as error:
            raise BadRequest(f"the upload is not multipart form data with one file: {error.detail}") from None
        row = await run_in_threadpool(self._store, name, content)
        return Json({"filename": f"/jars/{row.id}", "status": "success"})

    def _store(self, name: str, content: bytes) -> JarRow:
        entry = checked_entry(name, content)
        row = JarRow(
            id=f"{uuid.uuid4()}_{name}",
            name=name,
            uploaded=time.time_ns() // 1_000_000,
            digest=self._dispatcher.coordination.blobs.put(content),
            entry=entry,
        )
        self._dispatcher.jars.put(row)
        return row

    def delete(self, request: Request) -> Response:
        self._enabled()
        jar_id = str(request.path_params["jarid"])
        if not self._dispatcher.jars.remove(jar_id):
            raise NotFound(f"File {jar_id} does not exist")
        return Json({})

    async def run(self, request: Request) -> Response:
        """Runs main() to its end; its jobs are not waited for. `jobid`: the first, `jobids`: all of them."""
        self._enabled()
        row = await run_in_threadpool(self._jar, str(request.path_params["jarid"]))
        wanted = parse_run_request(await json_object(request, empty=True), request.query_params)
        job_id, origin = wanted.job_id(), wanted.origin(row.digest, wanted.entryClass or row.entry or "")
        run = await run_in_threadpool(self._earlier_run, job_id, origin)
        if run is None:
            content = await run_in_threadpool(self._dispatcher.coordination.blobs.get, row.digest)
            configuration = wanted.configuration(cluster_defaults(self._dispatcher.configuration))
            run = await self._dispatcher.runner.run(row, content, wanted, configuration, job_id, origin)
            self._dispatcher.reader.cache.clear()
        return Json({"jobid": run.jobs[0], "jobids": run.jobs, "output": run.output})

    def _jar(self, jar_id: str) -> JarRow:
        row = self._dispatcher.jars.get(jar_id)
        if row is None:
            raise NotFound(f"File {jar_id} does not exist")
        return row

    def _earlier_run(self, job_id: str, origin: str) -> ProgramRun | None:
        """What this very request has started already, where a client sends it again. Conflict: another's id."""
        reader = self._dispatcher.reader
        jobs: list[str] = []
        while (submission := reader.submission(derived_job_id(job_id, len(jobs)))) is not None:
            if reader.graph(submission.graph).configuration.get(ORIGIN_KEY) != origin:
                raise Conflict(f"job id {submission.job} is taken by another job; run this one under a new jobId")
            jobs.append(submission.job)
        return ProgramRun(tuple(jobs), "") if jobs else None
