"""What the API records while a program builds its streams: one Transformation an operator, joined by inputs.

Partitioning, union and side outputs are properties of inputs, not transformations of their own as in Flink.
"""

from dataclasses import dataclass
from typing import Literal

from penstock.graph.job_graph import PartitionStrategy
from penstock.operators.specs import CustomPartitionerSpec, HashPartitionerSpec, OperatorSpec

PartitionerSpec = HashPartitionerSpec | CustomPartitionerSpec
#: ALWAYS: chain where possible. HEAD: only with what follows (`start_new_chain`). NEVER: `disable_chaining`.
ChainingStrategy = Literal["ALWAYS", "HEAD", "NEVER"]


@dataclass(frozen=True, slots=True)
class StreamInput:
    """Where an operator gets records from. `strategy` None: FORWARD where the parallelism is equal, else REBALANCE."""

    source: "Transformation"
    strategy: PartitionStrategy | None = None
    partitioner: PartitionerSpec | None = None
    tag: str | None = None  #: side output id, None for the main output
    target_input: int = 0  #: 1 for the second input of a two-input operator


@dataclass(slots=True, eq=False)
class Transformation:
    """One operator. The API's methods (`name`, `uid`, `set_parallelism`, …) change it until the job is compiled."""

    id: int  #: from 1, in the order of the program
    name: str
    spec: OperatorSpec
    inputs: tuple[StreamInput, ...] = ()
    parallelism: int = 1
    max_parallelism: int | None = None
    is_parallel: bool = True  #: False: the parallelism is 1 for good
    uid: str | None = None
    uid_hash: str | None = None
    description: str | None = None
    slot_sharing_group: str | None = None  #: None: that of the inputs
    chaining: ChainingStrategy = "ALWAYS"
    buffer_timeout_ms: int | None = None  #: None: the environment's
