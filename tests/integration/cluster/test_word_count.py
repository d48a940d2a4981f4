"""The main job, from the command line to the files, compared with an oracle."""

from pathlib import Path

import pytest

from tests.integration.cluster.local_cluster import LocalCluster
from tests.integration.cluster.oracle import counts_written, expected_counts, lines_written

pytestmark = pytest.mark.integration
WORD_COUNT = Path(__file__).parents[3] / "examples" / "word_count.py"


@pytest.mark.parametrize("parallelism", [1, 3, 4])
def test_every_count_equals_the_oracle(cluster: LocalCluster, tmp_path: Path, parallelism: int) -> None:
    text = "\n".join(f"to be or not to be {i % 97} {'x' * (i % 13)}" for i in range(5_000))
    (tmp_path / "in.txt").write_text(text)
    out = tmp_path / "out"
    done = cluster.run(
        WORD_COUNT,
        "--input",
        str(tmp_path / "in.txt"),
        "--output",
        str(out),
        "--repeat",
        "2",
        options=("-p", str(parallelism)),
    )
    assert "FINISHED" in done.stdout.splitlines()[-1]
    assert counts_written(out) == expected_counts(text, 2)
    assert len(lines_written(out)) == sum(expected_counts(text, 2).values()), "one line an update"


def test_the_embedded_text_travels_with_the_job(cluster: LocalCluster, tmp_path: Path) -> None:
    from pydoc_data.topics import topics

    done = cluster.run(WORD_COUNT, "--output", str(tmp_path / "out"), options=("-p", "4"))
    assert "FINISHED" in done.stdout.splitlines()[-1]
    assert counts_written(tmp_path / "out") == expected_counts("\n".join(topics.values()))


def test_slots_come_back_and_the_job_stays_readable(cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a b a")
    job = cluster.submit(WORD_COUNT, "--input", str(tmp_path / "in.txt"), "--output", str(tmp_path / "out"))
    details = cluster.wait_state(job, "FINISHED")
    assert all(v["status"] == "FINISHED" for v in details["vertices"])
    assert cluster.get(f"/v1/jobs/{job}/execution-result")["status"]["id"] == "COMPLETED"
    assert cluster.get("/overview")["slots-total"] == 4
