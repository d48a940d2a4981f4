"""`/penstock/blobs`, `/penstock/jobs`: how a client that has built its JobGraph itself submits it."""

import hashlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from penstock.client.collect_frames import BEGINNING, MEDIA_TYPE, write_frames
from penstock_dispatcher.answers import Json
from penstock_dispatcher.dispatcher import Dispatcher
from penstock_dispatcher.problems import BadRequest
from penstock_dispatcher.request_reading import digest, hex_id, json_object, log_position
from penstock_dispatcher.submission import check_python, parse_graph, submit

_MAX_DIGESTS = 10_000


class SubmissionResources:
    """Endpoints."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    async def missing_blobs(self, request: Request) -> Response:
        """`{"blobs": [sha256…]}` -> `{"missing": [sha256…]}`."""
        wanted = (await json_object(request)).get("blobs")
        if not isinstance(wanted, list) or len(wanted) > _MAX_DIGESTS:
            raise BadRequest(f"blobs has to be a list of at most {_MAX_DIGESTS} sha256 digests")
        digests = [digest(d) for d in wanted]
        there = await run_in_threadpool(self._dispatcher.coordination.blobs.exists, digests)
        return Json({"missing": sorted(set(digests) - there)})

    async def put_blob(self, request: Request) -> Response:
        """The body, whose sha256 the path names."""
        wanted = digest(request.path_params["digest"])
        body = await request.body()
        found = hashlib.sha256(body).hexdigest()
        if found != wanted:
            raise BadRequest(f"the body of {len(body)} bytes has the sha256 {found}, not {wanted}: send it again")
        await run_in_threadpool(self._dispatcher.coordination.blobs.put, body)
        return Json({}, 201)

    async def submit(self, request: Request) -> Response:
        """A JobGraph -> `{"jobid", "jobUrl"}`; 409 where the id is another job's."""
        body = await request.body()
        job_id = await run_in_threadpool(self._submit, body)
        return Json({"jobid": job_id, "jobUrl": f"/jobs/{job_id}"}, 202)

    def _submit(self, body: bytes) -> str:
        graph = parse_graph(body)
        check_python(graph, self._dispatcher.reader.python_versions())
        job_id = submit(self._dispatcher.coordination, graph)
        self._dispatcher.reader.cache.clear()
        return job_id

    def collect(self, request: Request) -> Response:
        """The next entries of an `execute_and_collect` behind `position`, as `collect_frames` has them."""
        after = log_position(request, "position", BEGINNING)
        view = self._dispatcher.reader.job(hex_id(request, "jobid"))
        entries, position = self._dispatcher.collecting.read(view.row, str(request.path_params["collectid"]), after)
        return Response(write_frames(entries, position), media_type=MEDIA_TYPE)
