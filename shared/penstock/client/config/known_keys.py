"""Which keys there are: ours, Flink's with and without an effect here; and the nearest to one that is none of these."""

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import Literal

from penstock.client.config.options import ALL, BY_OLD_KEY

#: words too common to be claimed: a key under one that Flink has not is the user's
_SHARED_WORDS = frozenset({"events", "flink", "local", "process", "traces"})

_TRACE_REPORTER = re.compile(
    r"traces\.reporter\.[^.]+\.(factory\.class|exporter\.(endpoint|protocol|timeout)|service\.(name|version))"
)

Standing = Literal["effective", "no effect", "unknown", "user"]


@cache
def _flink_keys() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Flink 2.3's keys, and patterns of those with a part the user chooses (`metrics.reporter.<name>.…`)."""
    names = [
        n
        for n in files(__package__).joinpath("flink_keys.txt").read_text(encoding="utf-8").split("\n")
        if n and n[0] != "#"
    ]
    patterns = tuple(
        re.compile(r"[^.]+".join(re.escape(part) for part in re.split(r"<[^>]+>", name)).replace(r"\*", ".+"))
        for name in names
        if set(name) & set("<*")
    )
    return frozenset(names), patterns


@cache
def _prefixes() -> frozenset[str]:
    names, _ = _flink_keys()
    return frozenset(name.split(".")[0] for name in (*names, *ALL)) - _SHARED_WORDS


def standing(key: str) -> Standing:
    """What a key means here. `unknown`: it has a prefix of Flink's or ours, but neither has the key."""
    if key in ALL or key in BY_OLD_KEY:
        return "effective"
    if _TRACE_REPORTER.fullmatch(key):
        return "user"  # of a reporter whose name the user has chosen; it is checked where it is made
    names, patterns = _flink_keys()
    if key in names or any(p.fullmatch(key) for p in patterns):
        return "no effect"
    return "unknown" if key.split(".")[0] in _prefixes() else "user"


def nearest(key: str) -> str | None:
    """The known key most like `key`, those with an effect first."""
    wanted = key.lower()
    for names in (ALL, _flink_keys()[0]):
        by_lower = {name.lower(): name for name in names}
        found = difflib.get_close_matches(wanted, by_lower, n=1, cutoff=0.75)
        if found:
            return by_lower[found[0]]
    # no key is spelled alike: then one that says the same at its end
    last = wanted.rsplit(".", 1)[-1]
    alike = [name for name in ALL if name.lower().rsplit(".", 1)[-1] == last]
    return alike[0] if alike else next(iter(difflib.get_close_matches(wanted, ALL, n=1, cutoff=0.0)), None)
