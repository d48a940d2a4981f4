"""Operator ids: the same program gives the same ids in every process. Source: Flink's `StreamGraphHasherV2`."""

import re

import xxhash

from penstock.graph.stream_graph import StreamGraph, StreamNode

_UID_HASH = re.compile(r"[0-9a-fA-F]{32}")


def check_uid_hash(uid_hash: str) -> str:
    """32 hex digits, lower case. ValueError for anything else."""
    if not _UID_HASH.fullmatch(uid_hash):
        raise ValueError(f"Node hash must be a 32 character String that describes a hex code. Found: {uid_hash}")
    return uid_hash.lower()


def operator_ids(graph: StreamGraph) -> dict[int, str]:
    """An id of 32 hex digits for each node: its uid hash, or of its uid, or of its position in the graph.

    ValueError where two operators share an id, or one has no uid although they are not to be generated.
    """
    ids: dict[int, str] = {}
    owners: dict[str, str] = {}
    for position, node in enumerate(graph.nodes.values()):
        found = _id_of(graph, node, position, ids)
        if found in owners:
            raise ValueError(
                f"operators {owners[found]!r} and {node.name!r} have the same "
                f"{'uid hash ' + found if node.uid_hash else 'uid ' + repr(node.uid)}: every uid must be unique"
            )
        owners[found] = node.name
        ids[node.id] = found
    return ids


def _id_of(graph: StreamGraph, node: StreamNode, position: int, ids: dict[int, str]) -> str:
    if node.uid_hash is not None:
        return node.uid_hash
    if node.uid is not None:
        return xxhash.xxh3_128_hexdigest(f"uid:{node.uid}".encode())
    if not graph.settings.generates_uids:
        raise ValueError(f"operator {node.name!r} has no uid, and pipeline.auto-generate-uids is false: call uid()")
    sources = ",".join(ids[e.source] for e in node.inputs)
    return xxhash.xxh3_128_hexdigest(f"position:{position}:{sources}".encode())
