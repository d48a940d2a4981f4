"""The rows of a job of a running cluster, and requests to it, past the REST interface."""

from penstock.client.cluster.folder import ClusterFolder
from penstock.coordination.coordination import Coordination
from penstock.coordination.messages import Message, encode
from penstock.coordination.rows import TriggerRow
from penstock_jobmanager.record import JobRecord
from tests.integration.cluster.local_cluster import LocalCluster, wait_for


def plane_of(cluster: LocalCluster) -> Coordination:
    """The coordination plane of the cluster, with its secret."""
    settings = ClusterFolder(cluster.folder).load()
    assert settings is not None
    return Coordination.connect(settings.redis_url, keyring=settings.keyring)


def record_of(cluster: LocalCluster, job: str) -> JobRecord:
    """All that is known of the job."""
    with plane_of(cluster) as coordination:
        found = coordination.store.load(f"job:{job}")
    return JobRecord.load(found.rows, found.outbox)


def tell(cluster: LocalCluster, job: str, event: Message) -> None:
    """As a dispatcher would."""
    with plane_of(cluster) as coordination:
        coordination.events.append(coordination.keys.events(f"job:{job}"), encode(event))


def checkpoints_completed(cluster: LocalCluster, job: str, least: int) -> None:
    """Wait for so many."""
    wait_for(lambda: record_of(cluster, job).counters.completed >= least, 60, f"{least} checkpoints of {job}")


def answer_to(cluster: LocalCluster, job: str, trigger: str) -> TriggerRow:
    """The answer to a request, once there is one."""

    def answered() -> TriggerRow | None:
        row = record_of(cluster, job).triggers.get(trigger)
        return row if row is not None and row.state != "IN_PROGRESS" else None

    return wait_for(answered, 60, f"the answer to {trigger}")
