"""Which blobs are needed: graphs, functions and packages of known jobs, and uploaded programs."""

from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import decode
from penstock.coordination.rows import JobRow
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.jar_store import JarStore


def needed_blobs(coordination: Coordination, reader: ClusterReader, jars: JarStore) -> set[str]:
    """Digests. Raises `connection.AWAY`; a known job whose graph is missing needs what it names itself."""
    needed = {row.digest for row in jars.all()}
    for job, _ in coordination.submissions.all():
        submission = coordination.submissions.get(job)
        if submission is None:
            continue
        graphs = {submission.graph}
        raw = coordination.store.load(f"job:{job}").rows.get("job")
        if raw is not None:
            row = decode(raw, JobRow)
            graphs |= (
                {row.graph} if row.rescale is None or row.rescale.graph is None else {row.graph, row.rescale.graph}
            )
        needed |= graphs
        for digest in graphs:
            try:
                needed |= reader.graph(digest).blobs()
            except KeyError:
                continue  # nothing can be deployed from it any more
    return needed
