"""How often Python's garbage collector looks while records run.

In-flight records are many and short-lived: with Python's own threshold of some hundred objects the collector would look
at them again and again (a tenth of the CPU in word count), and twice at all modules while a job starts.
"""

import gc
import threading

_THRESHOLDS = (50_000, 20, 50)
_lock = threading.Lock()
_users = 0
_own = (0, 0, 0)


class GarbagePace:
    """Slows the collector down from its making until `end`, or the last `end` where there are several. A program that
    has chosen a slower pace, or none, keeps it."""

    def __init__(self) -> None:
        global _users, _own
        self._has_ended = False
        with _lock:
            _users += 1
            if _users == 1:
                _own = gc.get_threshold()
                if 0 < _own[0] < _THRESHOLDS[0]:
                    gc.set_threshold(*_THRESHOLDS)

    def end(self) -> None:
        """The program's own pace again. More than once is as once."""
        global _users
        with _lock:
            if self._has_ended:
                return
            self._has_ended = True
            _users -= 1
            # what the program has set meanwhile stays
            if not _users and gc.get_threshold() == _THRESHOLDS:
                gc.set_threshold(*_own)
