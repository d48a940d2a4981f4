"""OutputTag. Source: `pyflink.datastream.output_tag`."""

from penstock.common.typeinfo import TypeInformation, Types

__all__ = ["OutputTag"]


class OutputTag:
    """Names a side output and its records' type; process functions `yield tag, value`. ValueError for an empty id."""

    __slots__ = ("tag_id", "type_info")

    def __init__(self, tag_id: str, type_info: TypeInformation | None = None) -> None:
        if not tag_id:
            raise ValueError("OutputTag tag_id cannot be None or empty string")
        self.tag_id = tag_id
        self.type_info = Types.PICKLED_BYTE_ARRAY() if type_info is None else type_info

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OutputTag) and self.tag_id == other.tag_id

    def __hash__(self) -> int:
        return hash(self.tag_id)

    def __repr__(self) -> str:
        return f"OutputTag({self.tag_id!r}, {self.type_info!r})"
