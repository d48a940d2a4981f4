"""What a job sent through the exchange, from REST."""

from benchmarks.cluster import Cluster


def traffic_of(cluster: Cluster, job: str) -> dict[str, float]:
    """Of the job's edges together. Channels inside a slot count their records, and no bytes."""
    vertices = cluster.rest(f"/jobs/{job}")["vertices"]
    # what a vertex without an outgoing edge writes is its sink's
    written = [v["metrics"] for v in vertices if v["metrics"]["write-records"]]
    records = sum(m["write-records"] for m in written)
    size = sum(m["write-bytes"] for m in written)
    return {"records": records, "bytes": size, "bytes_per_record": round(size / records, 2) if records else 0.0}
