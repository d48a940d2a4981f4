"""Operation: one line of the table that the OpenAPI document is made from, and the parameters that there are."""

from dataclasses import dataclass
from typing import Any

_HEX = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": 10**9}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_LIST = {"type": "string", "pattern": r"^[\w.\-]+(,[\w.\-]+)*$"}

#: parameter of a path -> (schema, what it is)
PATH_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "jobid": (_HEX, "Id of a job."),
    "applicationid": (_HEX, "Id of a program: that of its first job."),
    "vertexid": (_HEX, "Id of a job's vertex."),
    "triggerid": (_HEX, "The `request-id` of what was asked for."),
    "datasetid": (_HEX, "Id of a data set."),
    "subtaskindex": (_NUMBER, "Subtask, from 0."),
    "attempt": (_NUMBER, "Execution attempt, from 0."),
    "checkpointid": (_NUMBER, "Number of a checkpoint."),
    "rescaleuuid": (_NAME, "Id of a rescaling."),
    "operatorUid": (_NAME, "Uid of an operator."),
    "taskmanagerid": (_NAME, "Id of a TaskManager."),
    "jarid": (_NAME, "Id of an uploaded program."),
    "filename": (_NAME, "Name of a log file, as listed."),
    "digest": ({"type": "string", "pattern": "^[0-9a-f]{64}$"}, "sha256 of the content."),
    "collectid": (_NAME, "Id of an `execute_and_collect`."),
}
#: parameter of a query -> (schema, what it is)
QUERY_PARAMETERS: dict[str, tuple[dict[str, Any], str]] = {
    "get": (_LIST, "Names of metrics, separated by commas; without it only names are listed."),
    "agg": (
        {"type": "string", "pattern": "^(min|max|avg|sum|skew)(,(min|max|avg|sum|skew))*$"},
        "Which aggregations; all without it.",
    ),
    "jobs": ({"type": "string", "pattern": "^[0-9a-f]{32}(,[0-9a-f]{32})*$"}, "Job ids; all live ones without it."),
    "subtasks": ({"type": "string", "pattern": "^[0-9]{1,4}(-[0-9]{1,4})?$"}, "Subtasks: `0,2-4`; all without it."),
    "file": ({"type": "string", "maxLength": 200}, "Name of a log; a JobManager's without it."),
    "last": ({"type": "string", "maxLength": 200}, "Log that the client was shown last, where it asked for none."),
    "taskmanagers": (_LIST, "Ids of TaskManagers; all without it."),
    "mode": ({"type": "string", "enum": ["cancel", "stop"]}, "`cancel`; `stop` is 308."),
    "maxExceptions": (
        {"type": "integer", "minimum": 1, "maximum": 10**6},
        "How many failures are told, 20 by default.",
    ),
    "failureLabelFilter": ({"type": "string", "pattern": "^[^:,]+:[^:,]*$"}, "`key:value`; nothing here has labels."),
    "includeSerializedValue": ({"type": "string", "enum": ["true", "false"]}, "Nothing here is serialized."),
    "parallelism": ({"type": "integer", "minimum": 1, "maximum": 32768}, "Parallelism of the job."),
    "triggerId": (_HEX, "Makes the request one that can be sent again."),
    "type": ({"type": "string", "enum": ["FULL", "ON_CPU", "OFF_CPU"]}, "Kind of flame graph."),
    "subtaskindex": (_NUMBER, "Subtask, from 0."),
    "after": ({"type": "integer", "minimum": 0, "maximum": 2**53}, "Bytes of a log that the client has."),
    "position": (
        {"type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}$"},
        "Position that the last answer ended with.",
    ),
    "most": ({"type": "integer", "minimum": 1, "maximum": 1 << 20}, "Bytes of a log in one answer."),
    "vertex": (_HEX, "Id of the vertex that is looked at."),
    "entry-class": (_TEXT, "File of the archive, or dotted module."),
    "program-args": (_TEXT, "Arguments in one text."),
    "programArg": (_TEXT, "Arguments, separated by commas."),
    "edge": (_NAME, "Id or name of an edge, or the operator before it; without: the vertex's last."),
    "subtask": (_NUMBER, "One subtask's records alone."),
    "filter": (_NAME, "What is in the text or key of a record, upper or lower case."),
    "cursor": (
        {"type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}$"},
        "That of an answer: what came after it.",
    ),
    "limit": ({"type": "integer", "minimum": 1, "maximum": 1000}, "The most records, the last ones."),
    "savepointPath": (_TEXT, "Savepoint to start from."),
    "allowNonRestoredState": ({"type": "string", "enum": ["true", "false"]}, "Whether state may be left behind."),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`body`: a msgspec type, or a JSON schema. `answer`: a shape (see `shapes`), for `media` JSON."""

    summary: str
    tag: str
    status: int = 200
    query: tuple[str, ...] = ()
    body: Any = None
    body_media: str = "application/json"
    body_required: bool = True
    answer: Any = "object"
    media: str = "application/json"
