"""The states of one operator by name: as the program declares them, and as the checkpoint has them."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.checkpoint.handles import StateMeta
from penstock.common.basic_typeinfo import TypeInformation
from penstock.state.evolution import Convert, IncompatibleTypes, conversion
from penstock.state.pickling import dumps

#: a state's stored value of a key -> what it is under the new declaration
ConvertStored = Callable[[Any], Any]


class StateMigrationError(ValueError):
    """State of the checkpoint is not what the program declares; names operator, state, and both declarations."""


@dataclass(slots=True)
class Declared:
    kind: str
    type_info: TypeInformation | None = None
    ttl: bool = False
    restored: StateMeta | None = None  #: to be compared with the first declaration that has a type


class Declarations:
    """`operator`: its name, for messages. `clock`: epoch ms, of values that get a time to live at a restore."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.operator = ""
        self._clock = clock
        self._states: dict[str, Declared] = {}

    def kind(self, name: str) -> str:
        return self._states[name].kind

    def restored(self, name: str, meta: StateMeta) -> None:
        """The checkpoint has this state. StateMigrationError where the operator has it as another kind."""
        known = self._states.setdefault(name, Declared(meta.kind, None, meta.ttl, meta))
        if known.kind != meta.kind:
            raise self._error(name, f"a {meta.kind} state", f"a {known.kind} state", _OTHER_NAME)
        known.restored = meta

    def declare(self, name: str, kind: str, type_info: TypeInformation | None, ttl: bool) -> ConvertStored | None:
        """How to convert what the checkpoint has of it; None: not at all.

        ValueError where the name is in use for another kind or type; StateMigrationError.
        """
        known = self._states.setdefault(name, Declared(kind))
        if known.kind != kind:
            if known.restored is not None:
                raise self._error(name, f"a {known.kind} state", f"a {kind} state", _OTHER_NAME)
            raise ValueError(f"state {name!r} is a {known.kind} state already; give the {kind} state another name")
        if type_info is None:
            return None
        if known.type_info is None:
            known.type_info = type_info
        elif known.type_info != type_info:
            raise ValueError(
                f"state {name!r} has the type {known.type_info!r} already; the descriptor with {type_info!r} "
                "needs another name"
            )
        restored, known.restored, known.ttl = known.restored, None, ttl
        return None if restored is None else self._conversion(name, kind, restored, type_info, ttl)

    def metas(self) -> dict[str, StateMeta]:
        """By state, for the checkpoint. What was restored and is not declared stays as it was."""
        return {name: state.restored or _meta(state) for name, state in self._states.items()}

    def _conversion(
        self, name: str, kind: str, written: StateMeta, type_info: TypeInformation, ttl: bool
    ) -> ConvertStored | None:
        try:
            of_type = None if written.schema is None else conversion(_schema(written), type_info)
        except IncompatibleTypes as e:
            raise self._error(name, str(written.type_info), repr(type_info), str(e)) from None
        if of_type is None and written.ttl == ttl:
            return None
        return _of_stored(kind, of_type, self._retimed(written.ttl, ttl))

    def _retimed(self, was_timed: bool, is_timed: bool) -> Callable[[Any, Convert | None], Any]:
        """What becomes of one cell: its value converted, its time taken along, added or left out."""

        def cell(stored: Any, convert: Convert | None) -> Any:
            value, time = stored if was_timed else (stored, self._clock())
            if convert is not None and value is not None:
                value = convert(value)
            return (value, time) if is_timed else value

        return cell

    def _error(self, name: str, written: str, declared: str, why: str) -> StateMigrationError:
        return _error(self.operator, name, written, declared, why)


def compatible(operator: str, name: str, meta: StateMeta, kind: str, type_info: TypeInformation) -> Convert | None:
    """How to convert a value of an operator's list state; None: not at all. StateMigrationError."""
    if meta.kind != kind:
        raise _error(operator, name, f"a {meta.kind} state", f"a {kind} state", _OTHER_NAME)
    try:
        return None if meta.schema is None else conversion(_schema(meta), type_info)
    except IncompatibleTypes as e:
        raise _error(operator, name, str(meta.type_info), repr(type_info), str(e)) from None


def _error(operator: str, name: str, written: str, declared: str, why: str) -> StateMigrationError:
    return StateMigrationError(
        f"state {name!r} of operator {operator!r} was written as {written} and is declared as {declared}: {why}"
    )


_OTHER_NAME = "give it another name to begin with it empty"


def _of_stored(kind: str, of_type: Convert | None, cell: Callable[[Any, Convert | None], Any]) -> ConvertStored:
    # list and map state keep a cell an element; their declared type is that of the whole
    match kind:
        case "list":
            return lambda stored: [cell(e, None if of_type is None else _of_element(of_type)) for e in stored]
        case "map":
            return lambda stored: {
                k: cell(v, None if of_type is None else _of_entry(of_type)) for k, v in stored.items()
            }
    return lambda stored: cell(stored, of_type)


def _of_element(of_list: Convert) -> Convert:
    return lambda element: of_list([element])[0]


def _of_entry(of_map: Convert) -> Convert:
    return lambda value: of_map({None: value})[None]


def _schema(meta: StateMeta) -> TypeInformation:
    assert meta.schema is not None
    schema: TypeInformation = pickle.loads(meta.schema)
    return schema


def _meta(state: Declared) -> StateMeta:
    if state.type_info is None:
        return StateMeta(kind=state.kind, ttl=state.ttl)
    return StateMeta(kind=state.kind, type_info=repr(state.type_info), schema=dumps(state.type_info), ttl=state.ttl)
