"""`/jars/:id/plan`: what would run."""

import json
import os
from pathlib import Path

from penstock.client.program_child import ChildRequest, run

from .replica import SINK, SOURCE, Replica
from .test_jars import SCRIPT, upload


def test_the_plan_is_flinks_and_has_the_chains_beside(replica: Replica) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    found = replica.http.post(f"/jars/{jar}/plan", json={"programArgs": "--a 'b c'", "parallelism": 3}).json()
    assert [node["id"] for node in found["plan"]["nodes"]] == [SOURCE, SINK]
    assert found["graph"]["edges"][0]["strategy"] == "REBALANCE"
    ((_, _, request, configuration),) = replica.runner.runs
    assert request.arguments == ("--a", "b c")
    assert configuration["parallelism.default"] == "3"
    assert replica.http.get("/jobs").json() == {"jobs": []}
    assert replica.http.get(f"/v1/jars/{jar}/plan").status_code == 200


def test_what_cannot_be_planned_is_refused(replica: Replica) -> None:
    jar = upload(replica, "job.py", SCRIPT)
    assert replica.http.post("/jars/nothing/plan").status_code == 404
    assert replica.http.post(f"/jars/{jar}/plan", json={"parallelism": 0}).status_code == 400
    off = Replica(web__submit__enable="false")
    assert off.http.post(f"/jars/{jar}/plan").status_code == 403


def test_the_child_tells_the_graph_and_starts_nothing(tmp_path: Path) -> None:
    program = tmp_path / "job.py"
    program.write_text(
        "from penstock.datastream import StreamExecutionEnvironment\n"
        "env = StreamExecutionEnvironment.get_execution_environment()\n"
        "env.from_collection([1, 2]).map(lambda n: n + 1).print()\n"
        "env.execute('planned')\n"
        "raise SystemExit('main() went on behind execute()')\n"
    )
    request = ChildRequest(
        folder=str(tmp_path),
        entry="job.py",
        module=False,
        args=(),
        addresses=("http://127.0.0.1:1",),
        configuration={"parallelism.default": "2"},
        job_id="f" * 32,
        origin="",
        plan_only=True,
    )
    before = Path.cwd()
    try:
        result = run(request)
    finally:
        os.chdir(before)
    assert (result.error, result.jobs) == (None, ())
    assert result.graph is not None and result.graph.name == "planned"
    assert json.loads(result.graph.plan)["nodes"]
