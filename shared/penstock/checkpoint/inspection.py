"""What a checkpoint or savepoint consists of: every file of it is read, verified and counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.checkpoint.contents import Entry, keyed_entries, list_entries
from penstock.checkpoint.errors import CheckpointStorageError
from penstock.checkpoint.former import FormerOperator, former_operators
from penstock.checkpoint.handles import IncrementalHandle, OperatorHandle, StateMeta
from penstock.checkpoint.metadata import CheckpointMetadata, VertexState
from penstock.checkpoint.stored_files import StoredFiles


@dataclass(slots=True)
class StateSummary:
    """`entries`: keys of keyed state, items of list state; None: they could not be read. `kind`: as declared, or the
    redistribution of list state."""

    name: str
    kind: str
    type: str | None = None
    ttl: bool = False
    entries: int | None = 0


@dataclass(slots=True)
class OperatorSummary:
    id: str
    name: str
    uid: str | None
    backend: str | None  #: whose own files keyed state is in; None: portable form
    bytes: int = 0
    states: list[StateSummary] = field(default_factory=list)


@dataclass(slots=True)
class VertexSummary:
    id: str
    name: str
    parallelism: int
    max_parallelism: int
    ended: int  #: subtasks that had no more input
    bytes: int
    operators: list[OperatorSummary]


@dataclass(slots=True)
class Summary:
    """`problems`: files that are missing or damaged, and state that could not be read, each in one line."""

    path: str
    kind: str  #: checkpoint or savepoint
    format: int
    checkpoint: int
    job: str
    job_name: str
    timestamp: int  #: ms
    bytes: int
    vertices: list[VertexSummary]
    problems: list[str]


def summary(files: StoredFiles, metadata: CheckpointMetadata) -> Summary:
    """Reads all of it."""
    problems: dict[str, None] = {}
    operators = former_operators(metadata)
    vertices = [_vertex(files, metadata.directory, vertex, operators, problems) for vertex in metadata.vertices]
    return Summary(
        path=metadata.directory,
        kind="savepoint" if metadata.savepoint else "checkpoint",
        format=metadata.format,
        checkpoint=metadata.checkpoint,
        job=metadata.job,
        job_name=metadata.job_name,
        timestamp=metadata.timestamp,
        bytes=sum(vertex.bytes for vertex in vertices),
        vertices=vertices,
        problems=list(problems),
    )


def entries(files: StoredFiles, metadata: CheckpointMetadata, operator: str, state: str | None) -> Iterator[Entry]:
    """Of the operator with this uid, name or id (its beginning), of one state or of all.

    ValueError where there is no such operator or state: it names those there are.
    """
    found = _find_operator(metadata, operator)
    known = sorted({name for _, handle in found.handles() for name in (*_metas(handle), *handle.lists)})
    if state is not None and state not in known:
        raise ValueError(
            f"operator {found.text} has no state {state!r}; it has {', '.join(map(repr, known)) or 'none'}"
        )
    return _entries(files, metadata.directory, found, state)


def _entries(files: StoredFiles, directory: str, operator: FormerOperator, state: str | None) -> Iterator[Entry]:
    for subtask, handle in operator.handles():
        if state is None or state not in handle.lists:
            for entry in keyed_entries(files, directory, subtask, handle, operator.vertex.max_parallelism):
                if state in (None, entry.state):
                    yield entry
        for name, items in handle.lists.items():
            if state in (None, name):
                yield from list_entries(files, directory, subtask, name, items)


def _find_operator(metadata: CheckpointMetadata, wanted: str) -> FormerOperator:
    operators = list(former_operators(metadata).values())
    for found in (
        [o for o in operators if o.info.uid == wanted],
        [o for o in operators if o.info.name == wanted],
        [o for o in operators if len(wanted) >= 4 and o.info.id.startswith(wanted)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"several operators are called {wanted!r}: {', '.join(o.text for o in found)}; give the id"
            )
    there = ", ".join(operator.text for operator in operators if operator.has_state)
    raise ValueError(f"there is no operator {wanted!r}; those with state are {there or 'none'}")


def _metas(handle: OperatorHandle) -> dict[str, StateMeta]:
    return dict(handle.keyed.states) if handle.keyed is not None else {}


def _vertex(
    files: StoredFiles,
    directory: str,
    vertex: VertexState,
    operators: dict[str, FormerOperator],
    problems: dict[str, None],
) -> VertexSummary:
    own = [operator for operator in operators.values() if operator.vertex is vertex]
    for n, state in enumerate(vertex.subtasks):
        if state.channels is not None:
            try:
                files.read(directory, state.channels)
            except CheckpointStorageError as error:
                problems[f"subtask {n} of {vertex.name!r}: {error}"] = None
    return VertexSummary(
        id=vertex.id,
        name=vertex.name,
        parallelism=vertex.parallelism,
        max_parallelism=vertex.max_parallelism,
        ended=sum(state.ended or state.finished for state in vertex.subtasks),
        bytes=sum(state.size for state in vertex.subtasks),
        operators=[_operator(files, directory, operator, problems) for operator in own],
    )


def _operator(
    files: StoredFiles, directory: str, operator: FormerOperator, problems: dict[str, None]
) -> OperatorSummary:
    found = OperatorSummary(operator.info.id, operator.info.name, operator.info.uid, None)
    states: dict[str, StateSummary] = {}
    counts: Counter[str] = Counter()
    unread: set[str] = set()
    for subtask, handle in operator.handles():
        found.bytes += _bytes(handle)
        if isinstance(handle.keyed, IncrementalHandle):
            found.backend = handle.keyed.backend
        for name, meta in _metas(handle).items():
            states[name] = StateSummary(name, meta.kind, meta.type_info, meta.ttl)
        for name, items in handle.lists.items():
            declared = handle.states.get(name)
            kind = declared.kind if declared and declared.kind != "list" else f"{items.redistribution} list"
            states[name] = StateSummary(name, kind, declared.type_info if declared else None)
        for names, read in _reads(files, directory, subtask, handle, operator.vertex.max_parallelism):
            try:
                counts.update(entry.state for entry in read)
            except Exception as error:  # whatever unpickling raises
                unread |= names
                kind = "" if isinstance(error, CheckpointStorageError) else f"{type(error).__name__}: "
                problems[f"subtask {subtask} of operator {operator.text}: {kind}{error}"] = None
    for name, state in states.items():
        state.entries = None if name in unread else counts[name]
    found.states = list(states.values())
    return found


def _reads(
    files: StoredFiles, directory: str, subtask: int, handle: OperatorHandle, max_parallelism: int
) -> Iterator[tuple[set[str], Iterator[Entry]]]:
    """(the states, their entries) of each part that can be damaged by itself."""
    yield set(_metas(handle)), keyed_entries(files, directory, subtask, handle, max_parallelism)
    for name, items in handle.lists.items():
        yield {name}, list_entries(files, directory, subtask, name, items)


def _bytes(handle: OperatorHandle) -> int:
    keyed = handle.keyed
    size = sum(items.handle.size for items in handle.lists.values())
    if isinstance(keyed, IncrementalHandle):
        return size + sum(file.handle.size for file in (*keyed.shared, *keyed.own))
    return size + (keyed.handle.size if keyed is not None else 0)
