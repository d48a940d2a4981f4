"""Everything that the cluster's rows tell, for Prometheus: one dispatcher is enough as a target."""

import time

from penstock.coordination.parts import Leases
from penstock.service.exposition import Families
from penstock_dispatcher.cluster_reader import ClusterReader
from penstock_dispatcher.metrics.job_families import add_job
from penstock_dispatcher.metrics.log_sizes import LogSizes
from penstock_dispatcher.metrics.metric_names import prometheus_name
from penstock_dispatcher.metrics.process_metrics import jobmanager_metrics, process_metrics
from penstock_dispatcher.taskmanager_json import processes_of

_JOBMANAGER, _TASKMANAGER = "flink_jobmanager", "flink_taskmanager"


class ClusterExposition:
    """A source of an `Exposition`. Raises `connection.AWAY` while Redis is away."""

    def __init__(self, reader: ClusterReader, leases: Leases, sizes: LogSizes) -> None:
        self._reader, self._leases, self._sizes = reader, leases, sizes

    def __call__(self, families: Families) -> None:
        """Jobs that have ended are left out, as in Flink."""
        began = time.perf_counter()
        live = [view for view in self._reader.jobs() if not view.row.state.is_terminal]
        self._add_processes(families)
        self._add_taskmanagers(families)
        for role in ("resourcemanager", *(f"job:{view.row.job}" for view in live)):
            epoch = self._leases.epoch(role)
            families.gauge("penstock_epoch", "Newest epoch of a role: grows with each takeover.", {"role": role}, epoch)
        for state, count in self._reader.job_counts().items():
            labels = {"state": state.removeprefix("jobs-")}
            families.gauge("penstock_jobs", "Jobs that are remembered.", labels, count)
        for view in live:
            add_job(families, view, self._sizes.of(view.row, view.graph))
        took = time.perf_counter() - began
        families.gauge("penstock_collection_seconds", "What collecting all of this took.", {}, took)

    def _add_processes(self, families: Families) -> None:
        slots, services = self._reader.slots(), self._reader.services()
        leaders = [s for s in services if s.service == "jobmanager"]
        found = jobmanager_metrics(
            leaders, len(slots.taskmanagers), slots.total, slots.available, self._reader.job_counts()
        )
        for name, value in found.items():
            if not isinstance(value, str):
                families.gauge(prometheus_name(_JOBMANAGER, name), "As in Flink.", {}, value)
        for service in services:
            labels = {"service": service.service, "id": service.id, "host": service.host, "state": service.state}
            families.gauge("penstock_process_memory_bytes", "Resident memory of a process.", labels, service.memory)
            families.counter("penstock_process_cpu_seconds", "CPU that a process has used.", labels, service.cpu)
            of_process = {"service": service.service, "id": service.id, "host": service.host}
            for kind, count in service.unsealed.items():
                text = (
                    "What a process refused, as it was not sealed with the cluster secret; slots' by their TaskManager."
                )
                families.counter("penstock_refused", text, {**of_process, "kind": kind}, count)

    def _add_taskmanagers(self, families: Families) -> None:
        slots, services, infos = self._reader.slots(), self._reader.services(), self._reader.taskmanager_infos()
        refused = {s.id: s.refused for s in services if s.service == "taskmanager"}
        for row in slots.taskmanagers:
            info = infos.get(row.taskmanager)
            labels = {"tm_id": row.taskmanager, "host": row.host}
            for name, value in process_metrics(
                processes_of(row, info, services), info.physical_memory if info else 0
            ).items():
                if not isinstance(value, str):
                    families.gauge(prometheus_name(_TASKMANAGER, name), "As in Flink.", labels, value)
            families.gauge("penstock_slots", "Slots of a TaskManager.", labels, row.slots)
            used = len(slots.occupied(row.taskmanager))
            families.gauge("penstock_slots_used", "Slots that are set aside for jobs.", labels, used)
            families.counter(
                "penstock_taskmanager_deliveries_refused",
                "Celery deliveries that were late copies, or nobody's.",
                labels,
                refused.get(row.taskmanager, 0),
            )
