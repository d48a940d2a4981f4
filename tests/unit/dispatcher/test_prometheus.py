"""`/metrics` of a dispatcher: everything that the rows tell, under Flink's names, in Prometheus' form."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from penstock.coordination.rows import LatencyHistogram, ServiceInfo, SubtaskMetrics
from penstock.graph.states import JobState
from penstock.security.refusals import KINDS
from penstock_dispatcher.metrics.metric_names import prometheus_name, query_name

from .checkpoint_rows import several_checkpoints
from .replica import JOB, SINK, SOURCE, Replica, graph, running

Samples = dict[str, list[tuple[dict[str, str], float]]]


def scraped(replica: Replica) -> Samples:
    """Samples by name. The parser is strict, and so is this: no sample comes twice."""
    answer = replica.http.get("/metrics")
    assert answer.status_code == 200, answer.text
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            entries = found.setdefault(sample.name, [])
            assert sample.labels not in [labels for labels, _ in entries], sample
            entries.append((sample.labels, sample.value))
    return found


@pytest.fixture
def busy(replica: Replica) -> Replica:
    replica.taskmanager()
    replica.submit()
    replica.occupied(0, "alloc-0")
    replica.executions(running(SOURCE, 0), running(SOURCE, 1, attempt=3), running(SINK, 0))
    replica.job_row(JobState.RUNNING, start_time=1_700_000_000_000, takeovers=2)
    several_checkpoints(replica)
    put = replica.coordination.metrics.put
    put(JOB, SOURCE, 0, SubtaskMetrics(attempt=0, records_out=5, records_out_rate=2.5, backpressured_ms=40))
    user: dict[str, int | float | str] = {
        "Map <x>.words.seen": 7,
        "Map <x>.words-seen": 8,
        "Map <x>.lag.rate": 0.5,
        "Map <x>.size.max": 9,
        "Map <x>.mode": "slow",
    }
    put(JOB, SOURCE, 1, SubtaskMetrics(attempt=3, records_out=6, watermark=1234, user=user))
    replica.sizes.sizes[SINK, 0] = (12, 4096)
    replica.coordination.registry.announce(
        ServiceInfo(service="jobmanager", id="jm-1", pid=1, host="box", time=0, memory=1000, cpu=2.5, load=0.25)
    )
    replica.coordination.registry.announce(
        ServiceInfo(
            service="taskmanager", id="tm-1", pid=100, host="box", time=0, memory=500, refused=4, unsealed={"entry": 3}
        )
    )
    return replica


def test_metrics_of_jobs_and_tasks_have_flinks_names_and_scopes(busy: Replica) -> None:
    found = scraped(busy)
    ((labels, value),) = found["flink_jobmanager_job_numberOfCompletedCheckpoints"]
    assert (labels, value) == ({"job_id": JOB, "job_name": "word count"}, 3)
    by_subtask = {
        labels["subtask_index"]: (labels, v) for labels, v in found["flink_taskmanager_job_task_numRecordsOut"]
    }
    assert {n: v for n, (_, v) in by_subtask.items()} == {"0": 5, "1": 6}
    assert by_subtask["1"][0] == {
        "job_id": JOB,
        "job_name": "word count",
        "task_id": SOURCE,
        "task_name": "Source: lines -> Map <x>",
        "task_attempt_id": f"{SOURCE}_1_3",
        "task_attempt_num": "3",
        "subtask_index": "1",
        "tm_id": "tm-1",
        "host": "box",
    }
    assert found["flink_taskmanager_job_task_numRecordsOutPerSecond"][0][1] == 2.5
    assert {v for _, v in found["flink_taskmanager_job_task_currentInputWatermark"]} == {1234, -(2.0**63)}


def test_metrics_of_users_have_sane_names_and_their_operator(busy: Replica) -> None:
    found = scraped(busy)
    prefix = "flink_taskmanager_job_task_operator"
    # two names that are one to Prometheus: the first stays
    ((labels, value),) = found[f"{prefix}_words_seen"]
    assert (labels["operator_name"], labels["operator_id"], value) == ("Map <x>", "c" * 32, 7)
    assert found[f"{prefix}_lag_rate"][0][1] == 0.5
    assert found[f"{prefix}_size_max"][0][1] == 9
    assert f"{prefix}_mode" not in found
    names = {labels["operator_name"] for labels, _ in found[f"{prefix}_numRecordsOut"]}
    assert names == {"Map <x>"}


def test_our_own(busy: Replica) -> None:
    found = scraped(busy)
    ((labels, value),) = found["penstock_input_log_bytes"]
    assert (labels["task_id"], labels["task_name"], value) == (SINK, "Sink: out", 4096)
    assert found["penstock_input_log_entries"][0][1] == 12
    epochs = {labels["role"]: value for labels, value in found["penstock_epoch"]}
    assert epochs == {"resourcemanager": 1, f"job:{JOB}": 1}
    assert {v for _, v in found["penstock_task_credit_wait_milliseconds_total"]} == {40, 0}
    assert found["penstock_taskmanager_deliveries_refused_total"] == [({"tm_id": "tm-1", "host": "box"}, 4)]
    of_entries = {"service": "taskmanager", "id": "tm-1", "host": "box", "kind": "entry"}
    assert found["penstock_refused_total"] == [(of_entries, 3)]
    assert {labels["kind"] for labels, _ in found["penstock_process_refused_total"]} == set(KINDS)
    durations = {labels["quantile"]: v for labels, v in found["penstock_checkpoint_duration_milliseconds"]}
    assert durations["0.5"] == 60
    assert found["penstock_job_takeovers"][0][1] == 2


def test_of_the_cluster_and_its_processes(busy: Replica) -> None:
    found = scraped(busy)
    assert found["flink_jobmanager_taskSlotsAvailable"] == [({}, 1)]
    assert found["flink_jobmanager_numRegisteredTaskManagers"] == [({}, 1)]
    assert found["flink_jobmanager_Status_JVM_CPU_Load"] == [({}, 0.25)]
    assert found["flink_taskmanager_Status_JVM_Memory_Heap_Used"] == [({"tm_id": "tm-1", "host": "box"}, 500)]
    assert found["penstock_service_info"] == [({"service": "dispatcher", "id": "dispatcher-1"}, 1)]
    assert found["process_cpu_seconds_total"][0][1] > 0


def test_jobs_that_have_ended_are_only_counted(busy: Replica) -> None:
    busy.job_row(JobState.FINISHED, start_time=1_700_000_000_000, end_time=1_700_000_001_000)
    found = scraped(busy)
    assert "flink_jobmanager_job_uptime" not in found
    assert {labels["state"]: v for labels, v in found["penstock_jobs"]}["finished"] == 1


def test_names_of_jobs_may_hold_anything(replica: Replica) -> None:
    replica.submit(graph(name='a "quoted"\nname \\ here'))
    ((labels, _),) = scraped(replica)["flink_jobmanager_job_uptime"]
    assert labels["job_name"] == 'a "quoted"\nname \\ here'


def test_redis_away_is_503(busy: Replica) -> None:
    busy.coordination.space.away = True
    busy.reader.cache.clear()
    assert busy.http.get("/metrics").status_code == 503


@pytest.mark.parametrize(
    ("parts", "name"),
    [(("a", "b.c-d"), "a_b_c_d"), (("9lives",), "_9lives"), (("x", "héllo wörld"), "x_h_llo_w_rld")],
)
def test_prometheus_names(parts: tuple[str, ...], name: str) -> None:
    assert prometheus_name(*parts) == name


def test_query_names() -> None:
    assert query_name("Source: a, b.numRecordsOut") == "Source__a__b.numRecordsOut"


def test_latencies_have_flinks_names_in_prometheus_and_in_rest(busy: Replica) -> None:
    one = LatencyHistogram(operator=SINK, source=SOURCE, count=9, min=1, max=8, mean=3.5, p50=3, p99=7.5, p999=8)
    busy.coordination.metrics.put(JOB, SINK, 0, SubtaskMetrics(attempt=0, latency=(one,)))
    found = scraped(busy)
    name = "flink_taskmanager_job_latency_source_id_operator_id_operator_subtask_index_latency"
    quantiles = {labels["quantile"]: value for labels, value in found[name]}
    assert (quantiles["0.5"], quantiles["0.99"], quantiles["0.999"]) == (3, 7.5, 8)
    ((labels, count),) = found[f"{name}_count"]
    assert count == 9
    assert labels == {
        "job_id": JOB,
        "job_name": "word count",
        "source_id": SOURCE,
        "operator_id": SINK,
        "operator_subtask_index": "0",
        "tm_id": "tm-1",
        "host": "box",
    }
    wanted = f"latency.source_id.{SOURCE}.operator_id.{SINK}.operator_subtask_index.0.latency_p99"
    listed = [metric["id"] for metric in busy.http.get(f"/jobs/{JOB}/metrics").json()]
    assert wanted in listed
    assert busy.http.get(f"/jobs/{JOB}/metrics?get={wanted}").json() == [{"id": wanted, "value": "7.5"}]


def test_latencies_by_subtask_of_the_source_or_of_any_source_have_families_of_their_own(busy: Replica) -> None:
    by_subtask = LatencyHistogram(operator=SINK, source=SOURCE, source_subtask=1, count=1)
    single = LatencyHistogram(operator=SINK, count=1)
    busy.coordination.metrics.put(JOB, SINK, 0, SubtaskMetrics(attempt=0, latency=(by_subtask, single)))
    found = scraped(busy)
    scopes = {"source_id_source_subtask_index_operator_id", "operator_id"}
    for scope in scopes:
        assert found[f"flink_taskmanager_job_latency_{scope}_operator_subtask_index_latency_count"][0][1] == 1
