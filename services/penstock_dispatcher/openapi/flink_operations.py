"""FLINK: the operations of Flink's REST API that are served, by "METHOD /path". What they answer is in `shapes`."""

from typing import Any

from penstock_dispatcher.jar_request import RunRequest
from penstock_dispatcher.openapi.operation import Operation
from penstock_dispatcher.operation_request import (
    CheckpointTriggerRequestBody,
    SavepointDisposalRequest,
    SavepointTriggerRequestBody,
    StopWithSavepointRequestBody,
)
from penstock_dispatcher.rescaling.requirements_json import VertexRequirements

_CLUSTER, _JARS, _JOBS, _VERTICES = "cluster", "jars", "jobs", "vertices"
_CHECKPOINTS, _TASKMANAGERS, _APPLICATIONS = "checkpoints", "taskmanagers", "applications"
_J, _V, _S = "/jobs/{jobid}", "/jobs/{jobid}/vertices/{vertexid}", "/jobs/{jobid}/vertices/{vertexid}/subtasks"
_T, _A = "/taskmanagers/{taskmanagerid}", "/applications/{applicationid}"
_RUN = ("entry-class", "programArg", "program-args", "parallelism", "allowNonRestoredState", "savepointPath")
_ANY_OBJECT = {"type": "object"}


def _text(summary: str, tag: str) -> Operation:
    return Operation(summary, tag, answer="string", media="text/plain")


def _upload() -> Operation:
    body: dict[str, Any] = {
        "type": "object",
        "required": ["jarfile"],
        "properties": {"jarfile": {"type": "string", "format": "binary"}},
    }
    return Operation("Upload a program: .py, .zip or .whl.", _JARS, body=body, body_media="multipart/form-data")


FLINK: dict[str, Operation] = {
    # -- the cluster -------------------------------------------------------------------------------------------------
    "GET /overview": Operation("Slots, TaskManagers and jobs in numbers.", _CLUSTER),
    "GET /config": Operation("What a web dashboard has to know.", _CLUSTER),
    "DELETE /cluster": Operation("End all services, where they run on this machine; else 501.", _CLUSTER),
    "GET /health": Operation("200 while Redis answers, else 503.", _CLUSTER, answer={"status": "string"}),
    "GET /datasets": Operation("Cluster data sets: none.", _CLUSTER),
    "DELETE /datasets/{datasetid}": Operation("404: there are none.", _CLUSTER, 202),
    "GET /datasets/delete/{triggerid}": Operation("404: there are none.", _CLUSTER),
    "POST /savepoint-disposal": Operation("Delete a savepoint.", _CHECKPOINTS, body=SavepointDisposalRequest),
    "GET /savepoint-disposal/{triggerid}": Operation("How a disposal stands.", _CHECKPOINTS),
    "GET /jobmanager/config": Operation("Settings, secrets left out.", _CLUSTER),
    "GET /jobmanager/environment": Operation("The interpreter.", _CLUSTER),
    "GET /jobmanager/log": _text("The end of the first jobmanager's log.", _CLUSTER),
    "GET /jobmanager/logs": Operation("Logs of jobmanagers, dispatchers, ResourceManagers.", _CLUSTER),
    "GET /jobmanager/logs/{filename}": _text("The end of one of them.", _CLUSTER),
    "GET /jobmanager/stdout": _text("What the first jobmanager printed.", _CLUSTER),
    "GET /jobmanager/thread-dump": Operation("This dispatcher's threads, and by name those of others.", _CLUSTER),
    "GET /jobmanager/metrics": Operation("Metrics of the cluster and its jobmanagers.", _CLUSTER, query=("get",)),
    # -- programs ----------------------------------------------------------------------------------------------------
    "GET /jars": Operation("Uploaded programs.", _JARS),
    "POST /jars/upload": _upload(),
    "DELETE /jars/{jarid}": Operation("Forget an uploaded program.", _JARS),
    "GET /jars/{jarid}/plan": Operation("What a program would run.", _JARS, query=_RUN),
    "POST /jars/{jarid}/plan": Operation(
        "What a program would run.", _JARS, query=_RUN, body=RunRequest, body_required=False
    ),
    "POST /jars/{jarid}/run": Operation("Run a program.", _JARS, query=_RUN, body=RunRequest, body_required=False),
    "POST /jars/{jarid}/run-application": Operation("501: use `/run`.", _JARS, 202),
    "GET /applications/overview": Operation("Programs with their jobs in numbers.", _APPLICATIONS),
    f"GET {_A}": Operation("A program with its jobs.", _APPLICATIONS),
    f"POST {_A}/cancel": Operation("Cancel all jobs of a program.", _APPLICATIONS, 202),
    f"GET {_A}/exceptions": Operation("Failures of all its jobs.", _APPLICATIONS),
    f"GET {_A}/jobmanager/config": Operation("Settings that hold for it.", _APPLICATIONS),
    # -- jobs --------------------------------------------------------------------------------------------------------
    "GET /jobs": Operation("Ids and states.", _JOBS),
    "POST /jobs": Operation("400: takes a serialized Java graph in Flink.", _JOBS, 202),
    "GET /jobs/overview": Operation("All jobs.", _JOBS),
    "GET /jobs/metrics": Operation("Metrics over jobs.", _JOBS, query=("get", "agg", "jobs")),
    f"GET {_J}": Operation("A job with its vertices and its plan.", _JOBS),
    f"PATCH {_J}": Operation("Cancel a job.", _JOBS, 202, query=("mode",)),
    f"GET {_J}/yarn-cancel": Operation("Cancel a job.", _JOBS, 202),
    f"GET {_J}/yarn-stop": Operation("308: Flink has removed it.", _JOBS, 202),
    f"GET {_J}/status": Operation("Its state.", _JOBS),
    f"GET {_J}/plan": Operation("Its plan.", _JOBS),
    f"GET {_J}/config": Operation("How it is executed.", _JOBS),
    f"GET {_J}/exceptions": Operation("Its failures.", _JOBS, query=("maxExceptions", "failureLabelFilter")),
    f"GET {_J}/execution-result": Operation("How it ended.", _JOBS),
    f"GET {_J}/accumulators": Operation(
        "None: PyFlink has no way to make any.", _JOBS, query=("includeSerializedValue",)
    ),
    f"GET {_J}/metrics": Operation("Its metrics.", _JOBS, query=("get",)),
    f"PATCH {_J}/clientHeartbeat": Operation("501: jobs do not depend on their clients.", _JOBS, 202),
    f"POST {_J}/coordinators/{{operatorUid}}": Operation("501: there are none.", _JOBS),
    f"GET {_J}/jobmanager/config": Operation("Settings, secrets left out.", _JOBS),
    f"GET {_J}/jobmanager/environment": Operation("The interpreter.", _JOBS),
    f"GET {_J}/jobmanager/log-url": Operation("Where the jobmanager's log is.", _JOBS),
    f"GET {_J}/taskmanagers/{{taskmanagerid}}/log-url": Operation("Where a TaskManager's log is.", _JOBS),
    f"PATCH {_J}/rescaling": Operation("Go on at another parallelism.", _JOBS, query=("parallelism", "triggerId")),
    f"GET {_J}/rescaling/{{triggerid}}": Operation("How a rescaling stands.", _JOBS),
    f"GET {_J}/resource-requirements": Operation("Parallelism of each vertex, as bounds.", _JOBS),
    f"PUT {_J}/resource-requirements": Operation(
        "Go on at other parallelisms.", _JOBS, body=dict[str, VertexRequirements]
    ),
    f"GET {_J}/rescales/config": Operation("Nothing is waited for but a request.", _JOBS),
    f"GET {_J}/rescales/details/{{rescaleuuid}}": Operation("404: single ones are not recorded.", _JOBS),
    f"GET {_J}/rescales/history": Operation("Empty: single ones are not recorded.", _JOBS),
    f"GET {_J}/rescales/overview": Operation("Rescalings in numbers.", _JOBS),
    f"GET {_J}/rescales/summary": Operation("Rescalings in numbers.", _JOBS),
    # -- checkpoints -------------------------------------------------------------------------------------------------
    f"GET {_J}/checkpoints": Operation("Counts, summary, latest ones, history.", _CHECKPOINTS),
    f"POST {_J}/checkpoints": Operation(
        "Take one.", _CHECKPOINTS, 202, body=CheckpointTriggerRequestBody, body_required=False
    ),
    f"GET {_J}/checkpoints/config": Operation("How they are taken.", _CHECKPOINTS),
    f"GET {_J}/checkpoints/{{triggerid}}": Operation("How one that was asked for stands.", _CHECKPOINTS),
    f"GET {_J}/checkpoints/details/{{checkpointid}}": Operation("One by vertex.", _CHECKPOINTS),
    f"GET {_J}/checkpoints/details/{{checkpointid}}/subtasks/{{vertexid}}": Operation("One by subtask.", _CHECKPOINTS),
    f"POST {_J}/savepoints": Operation(
        "Take a savepoint.", _CHECKPOINTS, 202, body=SavepointTriggerRequestBody, body_required=False
    ),
    f"GET {_J}/savepoints/{{triggerid}}": Operation("How one that was asked for stands.", _CHECKPOINTS),
    f"POST {_J}/stop": Operation(
        "Stop with a savepoint.", _CHECKPOINTS, 202, body=StopWithSavepointRequestBody, body_required=False
    ),
    # -- vertices ----------------------------------------------------------------------------------------------------
    f"GET {_V}": Operation("A vertex with its subtasks.", _VERTICES),
    f"GET {_V}/accumulators": Operation("None.", _VERTICES),
    f"GET {_V}/backpressure": Operation("How busy, idle, back-pressured subtasks are.", _VERTICES),
    f"GET {_V}/flamegraph": Operation(
        "Where its subtasks spend their time.", _VERTICES, query=("type", "subtaskindex")
    ),
    f"GET {_V}/jm-operator-metrics": Operation("None: there are no coordinators.", _VERTICES, query=("get",)),
    f"GET {_V}/metrics": Operation("`<subtask>.<metric>` of all subtasks.", _VERTICES, query=("get",)),
    f"GET {_V}/subtasktimes": Operation("When subtasks entered their states.", _VERTICES),
    f"GET {_V}/taskmanagers": Operation("Subtasks by TaskManager.", _VERTICES),
    f"GET {_V}/watermarks": Operation("The watermark of each subtask.", _VERTICES),
    f"GET {_S}/accumulators": Operation("None.", _VERTICES),
    f"GET {_S}/metrics": Operation("Metrics over subtasks.", _VERTICES, query=("get", "agg", "subtasks")),
    f"GET {_S}/{{subtaskindex}}": Operation("A subtask.", _VERTICES),
    f"GET {_S}/{{subtaskindex}}/metrics": Operation("Metrics of a subtask.", _VERTICES, query=("get",)),
    f"GET {_S}/{{subtaskindex}}/attempts/{{attempt}}": Operation("An attempt that is remembered.", _VERTICES),
    f"GET {_S}/{{subtaskindex}}/attempts/{{attempt}}/accumulators": Operation("None.", _VERTICES),
    # -- TaskManagers ------------------------------------------------------------------------------------------------
    "GET /taskmanagers": Operation("All that are registered.", _TASKMANAGERS),
    "GET /taskmanagers/metrics": Operation(
        "Metrics over TaskManagers.", _TASKMANAGERS, query=("get", "agg", "taskmanagers")
    ),
    f"GET {_T}": Operation("One with its slots in use.", _TASKMANAGERS),
    f"GET {_T}/metrics": Operation("Its metrics.", _TASKMANAGERS, query=("get",)),
    f"GET {_T}/log": _text("The end of its log.", _TASKMANAGERS),
    f"GET {_T}/logs": Operation("Its logs.", _TASKMANAGERS),
    f"GET {_T}/logs/{{filename}}": _text("The end of one of them.", _TASKMANAGERS),
    f"GET {_T}/stdout": _text("What it and the functions in it printed.", _TASKMANAGERS),
    f"GET {_T}/thread-dump": Operation("Its processes' threads by name.", _TASKMANAGERS),
}
