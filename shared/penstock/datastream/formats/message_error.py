"""A message that a schema cannot read."""

_SHOWN = 200  #: characters


class MessageError(ValueError):
    """`Failed to deserialize JSON '…': why`, in Flink's words."""

    def __init__(self, what: str, message: bytes, cause: object) -> None:
        text = message.decode("utf-8", "replace")
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        super().__init__(f"Failed to deserialize {what} '{shown}': {cause}")
