"""What a seal can be of."""

from typing import Literal, TypeAlias

Purpose: TypeAlias = Literal["blob", "checkpoint", "entry", "hint", "message", "metadata", "row", "splits", "state"]
