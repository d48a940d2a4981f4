"""A service with another secret than its cluster does not join it, and says which option to set."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from penstock.coordination.coordination import Coordination
from tests.integration.cluster.job_rows import plane_of
from tests.integration.cluster.local_cluster import LocalCluster

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

SERVICES = {
    "dispatcher": "penstock.service.id",
    "jobmanager": "penstock.service.id",
    "resourcemanager": "penstock.service.id",
    "taskmanager": "taskmanager.resource-id",
}
NEW, UNSET = "the secret of somebody else", ""


def start(cluster: LocalCluster, folder: Path, service: str, secret: str) -> "subprocess.CompletedProcess[str]":
    """One more service of the cluster, which is to end by itself."""
    conf = folder / "conf"
    shutil.copytree(cluster.folder / "conf", conf)
    lines = [x for x in (conf / "config.yaml").read_text().splitlines() if not x.startswith("penstock.secret:")]
    lines += [f"penstock.secret: '{secret}'"] if secret else []
    (conf / "config.yaml").write_text("\n".join(line for line in lines if not line.startswith("env.log.dir")))
    settings = {SERVICES[service]: "late", "rest.bind-port": "0"}
    arguments = [argument for key, value in settings.items() for argument in ("-D", f"{key}={value}")]
    env = {k: v for k, v in os.environ.items() if not k.startswith("PENSTOCK")} | {"PENSTOCK_CONF_DIR": str(conf)}
    command = [sys.executable, "-m", f"penstock_{service}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("secret", "told"), [(NEW, "penstock.secret is not the secret of"), (UNSET, "has none")])
def test_it_ends_and_says_why(
    cluster: LocalCluster, plane: Coordination, tmp_path: Path, service: str, secret: str, told: str
) -> None:
    with plane_of(cluster) as ours:
        before = ours.leases.epoch("resourcemanager")
    done = start(cluster, tmp_path, service, secret)
    output = done.stdout + done.stderr
    assert done.returncode == 2, output
    assert output.count("refused to join") == 1 and told in output and "the same penstock.secret" in output, output
    assert "Traceback" not in output and NEW not in output
    # it has left no trace, and disturbed nobody
    assert "late" not in {row.id for row in plane.registry.alive()} | {
        tm.taskmanager for tm in plane.taskmanagers.all()
    }
    with plane_of(cluster) as ours:
        assert ours.leases.epoch("resourcemanager") == before
        assert ours.secret.keep(ours.keyring.check) == ours.keyring.check
