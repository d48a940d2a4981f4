"""`/jobs/:id/resource-requirements`: bounds of each vertex's parallelism. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from penstock.graph.job_graph import JobGraph
from penstock.graph.rescaling import parallelisms, rescaled
from penstock_dispatcher.problems import BadRequest


class Parallelism(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Bounds. Flink's default for both is -1: as it is."""

    lower_bound: int = 1
    upper_bound: int = -1


class VertexRequirements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one vertex."""

    parallelism: Parallelism


def requirements(graph: JobGraph) -> dict[str, Any]:
    """What holds: a vertex runs at its parallelism, and at no lower one."""
    return {
        vertex.id: {"parallelism": {"lowerBound": vertex.parallelism, "upperBound": vertex.parallelism}}
        for vertex in graph.vertices
    }


def wanted_parallelism(graph: JobGraph, body: Mapping[str, Any]) -> int:
    """The parallelism of the job that gives every vertex its upper bound, as Flink does where there are the slots.

    BadRequest: vertices are missing or unknown, bounds are wrong, or no one parallelism of the job gives them all.
    """
    wanted = _upper_bounds(graph, body)
    if wanted == parallelisms(graph):
        return max(wanted.values())
    for candidate in sorted(set(wanted.values()), reverse=True):
        try:
            made = rescaled(graph, candidate)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        if parallelisms(made) == wanted:
            return candidate
    raise BadRequest(
        "a job is rescaled as a whole: all vertices that have its default parallelism need one and the same upper "
        f"bound, and the others the one that they have; asked for {_told(graph, wanted)}, "
        f"running {_told(graph, parallelisms(graph))}"
    )


def _upper_bounds(graph: JobGraph, body: Mapping[str, Any]) -> dict[str, int]:
    try:
        asked = msgspec.convert(dict(body), dict[str, VertexRequirements])
    except msgspec.ValidationError as error:
        raise BadRequest(f"Request did not match expected format JobResourceRequirementsBody: {error}") from None
    current = parallelisms(graph)
    if asked.keys() != current.keys():
        raise BadRequest(
            f"requirements of all vertices are needed, and of no others: {', '.join(sorted(current))}; "
            f"there are those of {', '.join(sorted(asked))[:400] or 'none'}"
        )
    wanted: dict[str, int] = {}
    for vertex in graph.vertices:
        bounds = asked[vertex.id].parallelism
        upper = vertex.parallelism if bounds.upper_bound == -1 else bounds.upper_bound
        if not 1 <= max(bounds.lower_bound, 1) <= upper <= vertex.max_parallelism:
            raise BadRequest(
                f"bounds {bounds.lower_bound} to {bounds.upper_bound} of vertex {vertex.id} ({vertex.name}) have to "
                f"lie between 1 and its maximum parallelism {vertex.max_parallelism}, the lower one first"
            )
        wanted[vertex.id] = upper
    return wanted


def _told(graph: JobGraph, parallelism: Mapping[str, int]) -> str:
    return ", ".join(f"{vertex.name}: {parallelism[vertex.id]}" for vertex in graph.vertices)
