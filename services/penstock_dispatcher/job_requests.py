"""What users ask of a running job, as events on its stream, and where each request stands.

A request is known by its trigger id: in the job's rows once the JobMaster has read it, until then in the stream. So a
repeated one is one request, and every replica can tell how it stands.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from penstock.coordination.coordination import Coordination
from penstock.coordination.failure import Failure
from penstock.coordination.messages import CheckpointRequested, RescaleRequested, decode, encode
from penstock.coordination.rows import TriggerRow
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.problems import Conflict, NotFound

Kind = Literal["checkpoint", "savepoint", "stop", "rescale"]
Request: TypeAlias = CheckpointRequested | RescaleRequested


@dataclass(frozen=True, slots=True)
class JobRequests:
    """The requests of all jobs. Raises `connection.AWAY` while Redis is away."""

    coordination: Coordination
    reader: ClusterReader

    def knows(self, job: str, trigger: str) -> bool:
        """Whether the job was asked by this id already."""
        view = self.reader.job_now(job)
        return self._known(view, trigger) is not None

    def append(self, job: str, request: Request) -> None:
        """Ask, unless it was asked already. Conflict: the job has ended, or the id is taken by another request."""
        view = self.reader.job_now(job)
        known = self._known(view, request.trigger)
        if known is not None:
            if known.kind != kind_of(request):
                raise Conflict(f"trigger id {request.trigger} is taken by another request ({known.kind}) of job {job}")
            return
        if view.row.state.is_terminal:
            raise Conflict(f"Job {job} has ended: it is {view.row.state.value}")
        self.coordination.events.append(self._stream(job), encode(request))
        self.reader.cache.clear()

    def find(self, job: str, trigger: str, *kinds: Kind) -> TriggerRow:
        """NotFound: the job does not have a request of that id and of one of these kinds."""
        view = self.reader.job(job)
        row = self._known(view, trigger)
        if row is None:
            # the JobMaster may have read it between the two looks
            view = self.reader.job_now(job)
            row = view.triggers.get(trigger)
        if row is None or row.kind not in kinds:
            raise NotFound(f"Operation not found under key: {trigger} of job {job}")
        if row.state == "IN_PROGRESS" and view.row.state.is_terminal:
            return _overtaken(row, view)
        return row

    def _known(self, view: JobView, trigger: str) -> TriggerRow | None:
        return view.triggers.get(trigger) or self._unread(view, trigger)

    def _unread(self, view: JobView, trigger: str) -> TriggerRow | None:
        """The request in the part of the stream that the JobMaster has not committed yet."""
        stream, cursor = self._stream(view.row.job), view.cursor
        while entries := self.coordination.events.read({stream: cursor}).get(stream):
            for cursor, payload in entries:  # noqa: B007 (the last one is where to go on)
                if trigger.encode() in payload and (request := _request(payload)) and request.trigger == trigger:
                    return TriggerRow(trigger=trigger, kind=kind_of(request), state="IN_PROGRESS", time=request.time)
        return None

    def _stream(self, job: str) -> str:
        return self.coordination.keys.events(f"job:{job}")


def kind_of(request: Request) -> Kind:
    """Under which resource it is looked up."""
    if isinstance(request, RescaleRequested):
        return "rescale"
    if not request.savepoint:
        return "checkpoint"
    return "savepoint" if request.stop == "none" else "stop"


def _request(payload: bytes) -> Request | None:
    try:
        return decode(payload, cast(type[Request], Request))
    except ValueError:
        return None


def _overtaken(row: TriggerRow, view: JobView) -> TriggerRow:
    """The job has ended before its JobMaster came to it."""
    failure = Failure(message=f"Job {view.row.job} has ended: it is {view.row.state.value}")
    return TriggerRow(trigger=row.trigger, kind=row.kind, state="FAILED", time=row.time, failure=failure)
