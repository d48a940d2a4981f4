"""The ends of a stream: sinks, print, collect."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from penstock.common.java_format import printer
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import Operator
from penstock.operators.output_type import OutputType, collected
from penstock.operators.sink_interface import Sink, SinkWriter, WriterContext
from penstock.operators.uncommitted import END_OF_INPUT, Uncommitted
from penstock.state.snapshot import ListSnapshot, OperatorSnapshot, RestoredOperator

#: names of the list states of a sink
WRITER_STATE, UNCOMMITTED = "writer", "uncommitted"
#: and of `execute_and_collect`
COLLECTED = "collected"


class SinkOperator(Operator):
    """Hands the writer the records of one call of the loop at a time.

    What the writer gives up at a barrier is committed when that checkpoint, or a later one, is complete; without
    checkpoints at the end of input.
    """

    def __init__(self, index: int, name: str, sink: Sink, context: WriterContext) -> None:
        super().__init__(index, name)
        self._sink, self._context = sink, context
        self._writer: SinkWriter | None = None
        self._uncommitted = Uncommitted(name, sink.commit)
        self._dirty = False
        self._type_of_input: OutputType | None = None

    def takes(self, type_of_input: OutputType) -> None:
        self._type_of_input = type_of_input

    def restore(self, restored: RestoredOperator) -> None:
        """Commits what the checkpoint lists: whoever read the output before may have seen it already."""
        for of_subtask in restored.lists.get(UNCOMMITTED, ()):
            self._uncommitted.add_all(of_subtask)
        committed = self._uncommitted.commit_all()
        states = tuple(restored.lists.get(WRITER_STATE, ()))
        self._context = replace(
            self._context, restored=states, committed=tuple(committed), is_restored=restored.subtasks > 0
        )

    def open(self, context: Any) -> None:
        self._writer = self._sink.create_writer(self._context)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        if self._type_of_input is not None:
            rec = rec.with_value(self._type_of_input.write(code, self.label("type"), rec.value))
        values, sink = self.label("written"), code.bind(self.label("sink"), self)
        code.once(sink, [f"{values} = []"], [f"{sink}.write({values})"])
        code.line(f"{values}.append({rec.value})")

    def write(self, values: list[Any]) -> None:
        if values:
            assert self._writer is not None
            self._dirty = True
            self._writer.write(values)

    def on_idle(self) -> None:
        if self._dirty and self._writer is not None:
            self._dirty = False
            self._writer.flush()

    def finish(self) -> None:
        assert self._writer is not None
        end_input: Callable[[], None] = getattr(self._writer, "end_input", lambda: None)
        end_input()
        self._writer.flush()
        if not self._context.checkpointing:
            # no checkpoint will come: the end of input stands for it
            self._uncommitted.add(END_OF_INPUT, self._writer.prepare_commit())
            self._uncommitted.commit_all()

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        assert self._writer is not None
        self._writer.flush()
        self._dirty = False
        self._uncommitted.add(checkpoint, self._writer.prepare_commit())
        take: Callable[[], list[Any]] = getattr(self._writer, "snapshot", list)
        # all of one subtask in one item: they stay together, and in order, whoever gets them
        uncommitted = [listed] if (listed := self._uncommitted.listed()) else []
        states = {WRITER_STATE: take(), UNCOMMITTED: uncommitted}
        return OperatorSnapshot(lists={name: ListSnapshot("split", tuple(items)) for name, items in states.items()})

    def notify_complete(self, checkpoint: int) -> None:
        self._uncommitted.commit_through(checkpoint)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class PrintOperator(Operator):
    """`id:N> value`, `N> value` where parallelism > 1; `id> value` or the value alone where it is 1."""

    def __init__(
        self, index: int, name: str, identifier: str | None, input_type: Any, subtask: int, parallelism: int
    ) -> None:
        super().__init__(index, name)
        parts = ([identifier] if identifier else []) + ([str(subtask + 1)] if parallelism > 1 else [])
        self._prefix = ":".join(parts) + "> " if parts else ""
        self._text_of: Callable[[Any], str] = printer(input_type)

    def takes(self, type_of_input: OutputType) -> None:
        text_of = self._text_of
        self._text_of = lambda value: text_of(type_of_input.one(value))

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        # at once and not after the loop: what user functions print themselves has its place between the records
        line = f"{code.bind(self.label('text_of'), self._text_of)}({rec.value})"
        prefix = f"{self._prefix!r} + " if self._prefix else ""
        code.line(f'{code.bind(self.label("print"), self.write)}({prefix}{line} + "\\n")')

    @staticmethod
    def write(text: str) -> None:
        # looked up each time: programs and tests replace sys.stdout
        sys.stdout.write(text)

    def on_idle(self) -> None:
        sys.stdout.flush()

    def finish(self) -> None:
        sys.stdout.flush()


class Collector(Protocol):
    """Where `execute_and_collect` sends its records."""

    @property
    def blocked(self) -> bool:
        """The client has not taken enough yet."""

    @property
    def is_drained(self) -> bool:
        """Everything is where it survives this process."""

    def write(self, values: list[Any]) -> None:
        """Take these; the list is the collector's from then on."""

    def end(self) -> None:
        """No more records will come."""

    def begin(self, state: Any) -> None:
        """Before anything else. `state`: what `mark` gave for the checkpoint that the task goes on from, or None."""

    def mark(self, checkpoint: int) -> Any:
        """What was written so far belongs to this checkpoint. What to remember with it; None: nothing."""

    def release(self, checkpoint: int) -> None:
        """The checkpoint, and with it all before it, is complete."""


class CollectOperator(Operator):
    """`execute_and_collect`: the records of the one subtask go back to the client in order."""

    def __init__(self, index: int, name: str, collector: Collector, input_type: Any = None) -> None:
        super().__init__(index, name)
        self.collector = collector
        self._collected = collected(input_type)
        self._restored: Any = None
        self._type_of_input: OutputType | None = None

    def takes(self, type_of_input: OutputType) -> None:
        self._type_of_input = type_of_input

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        if self._type_of_input is not None:
            rec = rec.with_value(self._type_of_input.write(code, self.label("type"), rec.value))
        values, collect = self.label("collected"), code.bind(self.label("collect"), self)
        code.once(collect, [f"{values} = []"], [f"{collect}.write({values})"])
        code.line(f"{values}.append({rec.value})")

    def write(self, values: list[Any]) -> None:
        if values:
            self.collector.write(values if self._collected is None else [self._collected(v) for v in values])

    def restore(self, restored: RestoredOperator) -> None:
        for state in restored.lists.get(COLLECTED, ()):
            self._restored = state

    def open(self, context: Any) -> None:
        self.collector.begin(self._restored)

    def finish(self) -> None:
        self.collector.end()

    def snapshot(self, checkpoint: int) -> OperatorSnapshot:
        state = self.collector.mark(checkpoint)
        return OperatorSnapshot(lists={} if state is None else {COLLECTED: ListSnapshot("split", (state,))})

    def notify_complete(self, checkpoint: int) -> None:
        self.collector.release(checkpoint)
