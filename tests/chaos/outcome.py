"""What came of one run of a scenario."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """`recoveries` and `gaps` in seconds; `problems`: what must not be, in words; empty: all is well."""

    scenario: str
    seed: int
    recoveries: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    restarts: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        recoveries = ", ".join(f"{seconds:.2f}" for seconds in self.recoveries) or "-"
        gaps = f", longest gap {max(self.gaps):.2f} s" if self.gaps else ""
        head = (
            f"{self.scenario} (seed {self.seed}): {'ok' if not self.problems else 'FAILED'}, recovery {recoveries} s"
            f"{gaps}, lost {self.lost}, doubled {self.doubled}, {self.restarts} restarts, {self.seconds:.1f} s"
        )
        return "\n  ".join([head, *(f"! {problem}" for problem in self.problems)])
