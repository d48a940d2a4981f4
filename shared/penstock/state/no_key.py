"""What a backend's current key is where there is none: using it as a key is the error."""

from typing import NoReturn


class NoKey:
    """Cannot be hashed, so that every look-up of state under it raises, at no cost to those with a key."""

    __slots__ = ()

    def __hash__(self) -> int:
        self.refuse()

    def refuse(self) -> NoReturn:
        """RuntimeError: say what to do."""
        raise RuntimeError(
            "keyed state or a timer was used where there is no current key: open() and close() may get states but not "
            "read or write them, and process_broadcast_element() has no key. Use them in the methods that are called "
            "with a record of the keyed stream or with its timers"
        )


NO_KEY = NoKey()
