"""`DataStream.cache()`: stores a stream on its way, and reads it in later jobs."""

from pathlib import Path
from typing import Any

from penstock.operators.cache_spec import CachedSourceSpec, CacheSpec
from penstock.operators.cached_result import CachedSource, CacheFile, Stored, sweep
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import Operator
from penstock.operators.output_type import OutputType
from penstock.operators.sources import SourceOperator

CHUNK = 1024


class CacheOperator(Operator):
    """Records go on as they are, converted to the stream's type."""

    def __init__(self, index: int, name: str, folder: Path, subtask: int, attempt: int) -> None:
        super().__init__(index, name)
        self._path, self._attempt = folder / str(subtask), attempt
        self._file: CacheFile | None = None
        self._waiting: list[Stored] = []
        self._type_of_input: OutputType | None = None

    def takes(self, type_of_input: OutputType) -> None:
        self._type_of_input = type_of_input

    def open(self, context: Any) -> None:
        sweep(self._path.parents[2])
        self._file = CacheFile(self._path, self._attempt)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        if self._type_of_input is not None:
            value = code.fresh("v")
            code.line(f"{value} = {code.bind(self.label('type'), self._type_of_input)}.one({rec.value})")
            rec = rec.with_value(value)
        stored, cache = self.label("stored"), code.bind(self.label("cache"), self)
        code.once(cache, [f"{stored} = []"], [f"{cache}.store({stored})"])
        code.line(f"{stored}.append(({rec.value}, {rec.timestamp}))")
        self.chain.consume(code, self.index, None, rec, tail)

    def store(self, records: list[Stored]) -> None:
        """What one call of the loop has seen."""
        self._waiting += records
        if len(self._waiting) >= CHUNK:
            self._write()

    def finish(self) -> None:
        self._write()
        assert self._file is not None
        self._file.finish()

    def _write(self) -> None:
        assert self._file is not None
        if self._waiting:
            self._file.write(self._waiting)
            self._waiting = []


class CachedSourceOperator(SourceOperator):
    """Records with the timestamps they were stored with."""

    def __init__(self, index: int, name: str, source: CachedSource, job_id: str) -> None:
        super().__init__(index, name, source, None, 0, job_id)

    def code(self, code: ChainCode, rec: Rec, tail: bool) -> None:
        value, timestamp = code.fresh("v"), code.fresh("t")
        code.line(f"{value}, {timestamp} = {rec.value}")
        stored = rec.with_value(value).with_timestamp(timestamp)
        self.chain.consume(code, self.index, None, stored, tail)


def cache_operator(
    spec: CacheSpec | CachedSourceSpec, index: int, name: str, root: Path, job_id: str, subtask: int, attempt: int
) -> Operator:
    """`root`: the folder for cached results."""
    if isinstance(spec, CacheSpec):
        return CacheOperator(index, name, root / spec.result_id / job_id, subtask, attempt)
    assert isinstance(spec.source, CachedSource)
    return CachedSourceOperator(index, name, spec.source.at(root), job_id)
