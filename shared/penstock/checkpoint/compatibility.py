"""Whether a job can start from a checkpoint. Source: Flink docs, "Savepoints", "Upgrading Applications"."""

from penstock.checkpoint.errors import IncompatibleSavepoint
from penstock.checkpoint.former import FormerOperator, has_ended
from penstock.checkpoint.metadata import CheckpointMetadata, VertexState
from penstock.graph.job_graph import JobGraph, JobVertex

#: strategies that bind a record to a subtask by what only the program knows
_BOUND = frozenset({"FORWARD", "BROADCAST", "CUSTOM"})


def what(metadata: CheckpointMetadata) -> str:
    """The checkpoint in messages."""
    kind = "savepoint" if metadata.savepoint else "checkpoint"
    return f"{kind} {metadata.directory or metadata.checkpoint} of job {metadata.job_name!r} ({metadata.job})"


def check(
    metadata: CheckpointMetadata,
    graph: JobGraph,
    former: dict[str, FormerOperator],
    allow_non_restored: bool,
    same_job: bool,
) -> None:
    """IncompatibleSavepoint says why not, and what to do."""
    if same_job and metadata.job != graph.job_id:
        raise IncompatibleSavepoint(f"{what(metadata)} cannot be restored by job {graph.job_id}: it is not its own")
    _check_left_over(metadata, graph, former, allow_non_restored)
    for vertex in graph.vertices:
        _check_max_parallelism(metadata, vertex, former)
        _check_ended(metadata, vertex, former)
    _check_in_flight(metadata, graph)


def _check_left_over(
    metadata: CheckpointMetadata, graph: JobGraph, former: dict[str, FormerOperator], allowed: bool
) -> None:
    ids = {operator.id for vertex in graph.vertices for operator in vertex.operators}
    left = [operator for key, operator in former.items() if key not in ids and operator.has_state]
    if left and not allowed:
        raise IncompatibleSavepoint(
            f"{what(metadata)} has state of {', '.join(operator.text for operator in left)}, which the job has not: "
            "give the operator that shall have it the same uid(...), or drop the state with -n, --allowNonRestoredState"
        )


def _check_max_parallelism(metadata: CheckpointMetadata, vertex: JobVertex, former: dict[str, FormerOperator]) -> None:
    for node in vertex.operators:
        found = former.get(node.id)
        if found is None or not found.is_keyed:
            continue
        before = found.vertex.max_parallelism
        if vertex.parallelism > before:
            raise IncompatibleSavepoint(
                f"{vertex.name!r} cannot run at parallelism {vertex.parallelism}: the keyed state of {found.text} in "
                f"{what(metadata)} was written with max parallelism {before}, which cannot be changed"
            )
        if vertex.max_parallelism != before:
            raise IncompatibleSavepoint(
                f"the max parallelism of {vertex.name!r} is {vertex.max_parallelism}, and the keyed state of "
                f"{found.text} in {what(metadata)} is spread over {before} key groups: a key's group would change. "
                f"Call set_max_parallelism({before})"
            )


def _check_ended(metadata: CheckpointMetadata, vertex: JobVertex, former: dict[str, FormerOperator]) -> None:
    sources = former_vertices(vertex, former)
    ended = {key: [has_ended(state) for state in found.subtasks] for key, found in sources.items()}
    if len({all(flags) for flags in ended.values()}) > 1 or (
        len(ended) > 1 and any(any(flags) and not all(flags) for flags in ended.values())
    ):
        names = ", ".join(repr(found.name) for found in sources.values())
        raise IncompatibleSavepoint(
            f"{vertex.name!r} chains operators of {names}, some of whose subtasks had ended in {what(metadata)} while "
            "others had not: keep the chains as they were until the job has ended"
        )
    for found in sources.values():
        if found.parallelism == vertex.parallelism or all(ended[found.id]) or not any(ended[found.id]):
            continue
        for node in vertex.operators:
            for subtask, handle in former[node.id].handles() if node.id in former else ():
                if handle.keyed is not None and ended[found.id][subtask]:
                    raise IncompatibleSavepoint(
                        f"{vertex.name!r} cannot go from parallelism {found.parallelism} to {vertex.parallelism}: "
                        f"subtask {subtask} of {former[node.id].text} with keyed state had already ended in "
                        f"{what(metadata)}. Restore at parallelism {found.parallelism}"
                    )


def _check_in_flight(metadata: CheckpointMetadata, graph: JobGraph) -> None:
    """Records in flight, which only an unaligned checkpoint has, need an edge that they can go on by."""
    now = {vertex.id: vertex for vertex in graph.vertices}
    joined = {(edge.source, edge.target) for edge in graph.edges}
    before = {vertex.id: vertex for vertex in metadata.vertices}
    for edge in {e for vertex in metadata.vertices for state in vertex.subtasks for e in state.in_flight}:
        source, target = before[edge.source], before[edge.target]
        where = f"{what(metadata)} is unaligned and has records in flight from {source.name!r} to {target.name!r}"
        if (edge.source, edge.target) not in joined:
            raise IncompatibleSavepoint(
                f"{where}, which the job does not join any more: change a program from a savepoint, where nothing is "
                "in flight"
            )
        if edge.strategy in _BOUND and now[edge.target].parallelism != target.parallelism:
            raise IncompatibleSavepoint(
                f"{where} on a {edge.strategy} edge: {target.name!r} cannot go from parallelism {target.parallelism} "
                f"to {now[edge.target].parallelism}. Restore it at parallelism {target.parallelism}, or start from a "
                "savepoint, in which nothing is in flight"
            )


def former_vertices(vertex: JobVertex, former: dict[str, FormerOperator]) -> dict[str, VertexState]:
    """The former vertices that a vertex has operators of, by id."""
    found = (former[node.id].vertex for node in vertex.operators if node.id in former)
    return {state.id: state for state in found}
