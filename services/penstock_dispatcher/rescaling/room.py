"""Whether the cluster has the slots for a rescaling, asked before a job that runs is stopped for it. Pure."""

from penstock.client.config import Configuration, cluster
from penstock.client.config.options.cluster import Provider
from penstock.graph.execution_graph import shared_slots
from penstock.graph.rescaling import rescaled
from penstock.graph.states import JobState
from penstock_dispatcher.cluster_reader import Slots
from penstock_dispatcher.job_view import JobView
from penstock_dispatcher.problems import BadRequest


def check_room(view: JobView, parallelism: int, slots: Slots, configuration: Configuration) -> None:
    """BadRequest says what is missing. Nothing where that is not known: TaskManagers are started on demand, the job
    does not run, or no ResourceManager has told of any TaskManager yet."""
    on_demand = configuration.get(cluster.PROVIDER) is Provider.PROCESS
    if on_demand or view.row.state is not JobState.RUNNING or not slots.total:
        return
    if view.graph.job_type == "BATCH" or view.row.stop is not None or view.row.rescale is not None:
        return  # which the JobMaster refuses, whatever slots there are
    try:
        needed = len(shared_slots(rescaled(view.graph, parallelism)))
    except ValueError:
        return  # the JobMaster says why it cannot be
    held = sum(row.job == view.row.job for row in slots.ledger)
    if needed - held > slots.available:
        raise BadRequest(
            f"parallelism {parallelism} needs {needed} slots; the job has {held}, and {slots.available} of the "
            f"cluster's {slots.total} are free. The job goes on as it is; start TaskManagers first"
        )
