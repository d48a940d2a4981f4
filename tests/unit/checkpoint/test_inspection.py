"""Looking into checkpoints: what the state backends really write, read without the program that wrote it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from penstock.checkpoint.errors import CheckpointUnusable
from penstock.checkpoint.handles import FileHandle
from penstock.checkpoint.inspection import StateSummary, entries, summary
from penstock.checkpoint.lenient_pickle import lenient_loads
from penstock.checkpoint.metadata import CheckpointMetadata
from penstock.checkpoint.options import CheckpointOptions
from penstock.checkpoint.state_files import handles_of, write_subtask_state
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.cli import main
from penstock.common.time import Time
from penstock.common.typeinfo import Types
from penstock.datastream.state import ListStateDescriptor, MapStateDescriptor, StateTtlConfig, ValueStateDescriptor
from penstock.graph.key_groups import key_groups
from penstock.state.portable import state_groups
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot
from tests.checkpoints import Vertex, metadata, operator_id, storage_at
from tests.unit.state.backends import FORMS, backend_of, context_of

A = operator_id("a")
VERTEX = Vertex("ab", uids={"a": "totals"})


def written(storage: CheckpointStorage, kind: str, savepoint: bool) -> CheckpointMetadata:
    """Three keys of three kinds of state, one with a time to live, and two items of list state."""
    directory = storage.savepoint_directory(storage.directory) if savepoint else storage.checkpoint_directory(1)
    with backend_of(kind) as backend:
        context = context_of(backend)
        total = context.get_state(ValueStateDescriptor("total", Types.INT()))
        seen = ListStateDescriptor("seen", Types.STRING())
        seen.enable_time_to_live(StateTtlConfig.new_builder(Time.hours(1)).build())
        names = context.get_list_state(seen)
        by_day = context.get_map_state(MapStateDescriptor("by day", Types.STRING(), Types.INT()))
        for number, key in enumerate(("ann", "bob", "cid")):
            backend.key = key
            total.update(number)
            names.add(key.upper())
            names.add("x")
            if number:
                by_day.put("mon", number)
        operators = {
            A: OperatorSnapshot(backend.snapshot(), {"offsets": ListSnapshot("split", [5, {"file": 6}])}),
        }
        state = write_subtask_state(
            storage, CheckpointOptions(directory=directory, savepoint=savepoint), 1, VERTEX.id, 0, 0, operators
        )
    storage.write_metadata(directory, metadata(VERTEX.state([state]), savepoint=savepoint))
    return storage.read_metadata(directory)


@pytest.fixture
def storage(tmp_path: Path) -> CheckpointStorage:
    return storage_at(str(tmp_path / "checkpoints"))


@pytest.mark.parametrize("savepoint", [True, False])
@pytest.mark.parametrize("kind", FORMS)
def test_summary(storage: CheckpointStorage, kind: str, savepoint: bool) -> None:
    found = summary(storage, written(storage, kind, savepoint))
    assert found.problems == []
    assert (found.kind, found.job_name, found.format) == ("savepoint" if savepoint else "checkpoint", "totals", 2)
    (vertex,) = found.vertices
    assert (vertex.parallelism, vertex.max_parallelism, vertex.ended) == (1, 128, 0)
    totals, other = vertex.operators
    assert (totals.uid, other.states) == ("totals", [])
    by_name = {state.name: (state.kind, state.ttl, state.entries) for state in totals.states}
    assert by_name == {
        "total": ("value", False, 3),
        "seen": ("list", True, 3),
        "by day": ("map", False, 2),
        "offsets": ("split list", False, 2),
    }
    types = {state.name: state.type for state in totals.states}
    assert "INT" in str(types["total"]).upper()
    assert found.bytes == vertex.bytes == totals.bytes > 0


@pytest.mark.parametrize("kind", FORMS)
def test_entries(storage: CheckpointStorage, kind: str) -> None:
    found = written(storage, kind, True)
    seen = {e.key: e.value for e in entries(storage, found, "totals", "seen")}
    assert seen == {"ann": ["ANN", "x"], "bob": ["BOB", "x"], "cid": ["CID", "x"]}
    assert {e.key_group for e in entries(storage, found, "totals", "seen")} == set(key_groups(list(seen), 128))
    assert {e.key: e.value for e in entries(storage, found, "Operator a", "by day")} == {
        "bob": {"mon": 1},
        "cid": {"mon": 2},
    }
    offsets = [(e.key, e.key_group, e.value) for e in entries(storage, found, A[:8], "offsets")]
    assert offsets == [(None, None, 5), (None, None, {"file": 6})]
    assert len(list(entries(storage, found, "totals", None))) == 3 + 3 + 2 + 2


def test_what_is_not_there_is_told_with_what_is(storage: CheckpointStorage) -> None:
    found = written(storage, "hashmap", True)
    with pytest.raises(
        ValueError, match=r"there is no operator 'x'; those with state are 'Operator a' \(uid 'totals'\)"
    ):
        list(entries(storage, found, "x", None))
    with pytest.raises(ValueError, match="has no state 'y'; it has 'by day', 'offsets', 'seen', 'total'"):
        list(entries(storage, found, "totals", "y"))


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_file_that_is_missing_or_damaged_is_a_problem(storage: CheckpointStorage, how: str) -> None:
    found = written(storage, "hashmap", True)
    (path,) = {
        storage.locate(found.directory, h)
        for h in handles_of(found.vertices[0].subtasks[0])
        if isinstance(h, FileHandle)
    }
    data = storage.read_file(path)
    if how == "missing":
        storage.remove(path)
    else:
        storage.write(path, b"x" + data[1:])
    result = summary(storage, found)
    assert result.problems
    assert all(how in problem and path in problem for problem in result.problems)
    states: dict[str, StateSummary] = {state.name: state for state in result.vertices[0].operators[0].states}
    assert states["total"].entries is None
    assert states["offsets"].entries == (None if how == "missing" else 2)
    with pytest.raises(CheckpointUnusable):
        list(entries(storage, found, "totals", "total"))


def test_classes_that_are_not_here_become_placeholders() -> None:
    program = """
        import dataclasses, pickle, sys
        from penstock.state.pickling import dumps
        @dataclasses.dataclass(frozen=True)
        class Order:
            name: str
            amount: int
        class Slotted:
            __slots__ = ("a",)
            def __init__(self): self.a = 1
        class Items(list): pass
        class Table(dict): pass
        def local():
            class Local: pass
            return Local()
        more = [local()] if "local" in sys.argv else [Table(a=1)]
        sys.stdout.buffer.write(dumps([Order("ann", 5), Slotted(), Items([1, 2]), {Order("k", 1): 2}, *more]))
    """
    data = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True).stdout
    shown = ["Order(name='ann', amount=5)", "Slotted(a=1)", "Items(1, 2)", "{Order(name='k', amount=1): 2}"]
    objects = lenient_loads(data)
    assert [*map(repr, objects)] == [*shown, "Table('a': 1)"]
    with pytest.raises(TypeError, match="not the object that was pickled"):
        state_groups("s", [("k", objects[0])], 128)
    command = [sys.executable, "-c", textwrap.dedent(program), "local"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert [*map(repr, lenient_loads(data))] == [*shown, "local.<locals>.Local()"]


def penstock(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["inspect", *arguments])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_the_command_shows_tables(storage: CheckpointStorage, capsys: pytest.CaptureFixture[str]) -> None:
    found = written(storage, "rocksdb", False)
    status, out, err = penstock(capsys, found.directory)
    assert (status, err) == (0, "")
    for text in ("Checkpoint 1 of 2023-11-14", "totals", "uid totals", "rocksdb files", "by day", "split list", "128"):
        assert text in out
    status, out, err = penstock(capsys, found.directory, "--operator", "totals", "--state", "total", "--limit", "2")
    assert status == 0
    assert len([line for line in out.splitlines() if line.startswith("total ")]) == 2
    assert err == "the first 2; --limit shows more\n"


def test_the_command_gives_json(storage: CheckpointStorage, capsys: pytest.CaptureFixture[str]) -> None:
    found = written(storage, "hashmap", True)
    status, out, _ = penstock(capsys, found.directory, "--json")
    assert status == 0
    shown: dict[str, Any] = json.loads(out)
    assert shown["kind"] == "savepoint"
    assert {s["name"]: s["entries"] for s in shown["vertices"][0]["operators"][0]["states"]}["total"] == 3
    _, out, _ = penstock(capsys, found.directory, "--json", "--operator", "totals", "--state", "by day")
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["key"]: row["value"] for row in rows} == {"bob": {"mon": 1}, "cid": {"mon": 2}}


def test_errors_of_the_command_have_two_lines(
    storage: CheckpointStorage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = written(storage, "hashmap", True)
    nowhere = f"{tmp_path}/nowhere"
    status, _, err = penstock(capsys, nowhere)
    assert (status, err.count("\n")) == (1, 2)
    assert f"{nowhere}: there is no checkpoint or savepoint" in err
    status, _, err = penstock(capsys, storage.directory)
    assert (status, err.count("\n")) == (1, 2)
    assert f"did you mean {found.directory}?" in err
    status, _, err = penstock(capsys, found.directory, "--operator", "nobody")
    assert (status, err.count("\n")) == (1, 2)
    assert "there is no operator 'nobody'" in err
    (file,) = (path for path in Path(found.directory).iterdir() if path.name != "_metadata")
    file.unlink()
    status, out, err = penstock(capsys, found.directory)
    assert (status, err.count("\n")) == (1, 2)
    assert "Problems" in out
    assert "missing" in err
    file.with_name("_metadata").write_bytes(b"no metadata")
    status, _, err = penstock(capsys, found.directory)
    assert (status, err.count("\n")) == (1, 2)
    assert "not the metadata of a checkpoint" in err
