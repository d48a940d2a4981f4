"""A cluster with a token and TLS on REST, asked by a user's tools; and what of its secrets can be seen."""

import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.config import Configuration
from penstock.client.rest_client import ClusterUnreachable, RestClient
from tests.certificates import Certificates, make_certificates
from tests.integration.cluster.local_cluster import LocalCluster
from tests.integration.dispatcher.replicas import DispatcherProcess

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TOKEN = "a-token-of-the-tests-0123456789"
JOB = """
from penstock.datastream import StreamExecutionEnvironment
env = StreamExecutionEnvironment.get_execution_environment()
env.from_collection([1, 2, 3]).map(lambda n: n * n).print()
env.execute("squares")
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def closed(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "token").write_text(TOKEN + "\n")
    settings = {
        "penstock.rest.token": f"file:{folder / 'token'}",
        "security.ssl.rest.enabled": "true",
        "security.ssl.rest.keystore": certificates.certificate,
        "penstock.rest.ssl.key": certificates.key,
    }
    options = [part for key, value in settings.items() for part in ("-D", f"{key}={value}")]
    made = LocalCluster(folder / "dir", *options)
    yield made
    made.stop()


def asked(closed: LocalCluster, certificates: Certificates, path: str, token: str | None = TOKEN) -> tuple[int, Any]:
    request = urllib.request.Request(closed.rest[0] + path)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    context = ssl.create_default_context(cafile=certificates.authority)
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            body = answer.read()
            return answer.status, json.loads(body) if body[:1] in b"{[" else body.decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def cli(closed: LocalCluster, *arguments: str, check: bool = True) -> str:
    done = closed.cli(*arguments, check=check)
    return done.stdout + done.stderr


def trusting(certificates: Certificates) -> tuple[str, ...]:
    return ("-D", f"security.ssl.rest.truststore={certificates.authority}")


def test_rest_is_https_and_wants_the_token(closed: LocalCluster, certificates: Certificates) -> None:
    assert closed.rest[0].startswith("https://127.0.0.1:")
    assert asked(closed, certificates, "/overview")[0] == 200
    status, answer = asked(closed, certificates, "/overview", token=None)
    assert status == 401 and "needs a token" in answer["errors"][0]
    assert asked(closed, certificates, "/overview", token=TOKEN[:-1])[0] == 401
    assert asked(closed, certificates, "/health", token=None) == (200, {"status": "ok"})


def test_a_client_that_trusts_another_authority(closed: LocalCluster, certificates: Certificates) -> None:
    options = ("-D", f"security.ssl.rest.truststore={certificates.stranger}", "-D", "rest.retry.max-attempts=0")
    said = cli(closed, "list", "-m", closed.addresses, "--token", TOKEN, *options, check=False)
    assert "CERTIFICATE_VERIFY_FAILED" in said.upper().replace(" ", "_"), said
    said = cli(closed, "list", "-m", closed.addresses, "--token", TOKEN, "-D", "rest.retry.max-attempts=0", check=False)
    assert "error:" in said and "certificate verify failed" in said, said


def test_a_client_without_the_token(closed: LocalCluster, certificates: Certificates) -> None:
    said = cli(closed, "list", "-m", closed.addresses, *trusting(certificates), check=False)
    assert "error: the request needs a token" in said and "--token" in said and "Traceback" not in said
    said = cli(closed, "list", "-m", closed.addresses, "--token", "short", *trusting(certificates), check=False)
    assert "error: penstock.rest.token: a token has at least 16 characters" in said, said


def test_a_job_by_the_command_line(closed: LocalCluster, certificates: Certificates, tmp_path: Path) -> None:
    script, token = tmp_path / "job.py", tmp_path / "token"
    script.write_text(JOB)
    token.write_text(TOKEN)
    options = ("-m", closed.addresses, "--token", f"file:{token}", *trusting(certificates))
    assert " FINISHED in " in cli(closed, "run", *options, str(script))
    assert "squares" in cli(closed, "list", "-a", *options)
    # nothing of the client's access has travelled with the job
    job = max(asked(closed, certificates, "/jobs/overview")[1]["jobs"], key=lambda found: found["start-time"])["jid"]
    config = json.dumps(asked(closed, certificates, f"/jobs/{job}/config")[1])
    assert TOKEN not in config and "token" not in config and "truststore" not in config


def test_a_program_that_the_dispatcher_runs(closed: LocalCluster, certificates: Certificates, tmp_path: Path) -> None:
    """It submits to the dispatcher by the loopback, under another name than the certificate may have."""
    script = tmp_path / "job.py"
    script.write_text(JOB)
    context = ssl.create_default_context(cafile=certificates.authority)

    def sent(path: str, body: bytes, kind: str) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
        request = urllib.request.Request(closed.rest[0] + path, data=body, method="POST", headers=headers)
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return json.loads(answer.read())

    form = b'--b\r\nContent-Disposition: form-data; name="jarfile"; filename="job.py"\r\n\r\n' + JOB.encode()
    jar = sent("/jars/upload", form + b"\r\n--b--\r\n", "multipart/form-data; boundary=b")["filename"].rpartition("/")[
        2
    ]
    job = sent(f"/jars/{jar}/run", b"{}", "application/json")["jobid"]
    options = ("-m", closed.addresses, "--token", TOKEN, *trusting(certificates))
    for _ in range(200):
        if asked(closed, certificates, f"/jobs/{job}")[1]["state"] == "FINISHED":
            break
        assert "squares" in cli(closed, "list", "-a", *options)
    assert asked(closed, certificates, f"/jobs/{job}")[1]["state"] == "FINISHED"


def test_no_secret_is_to_be_seen(closed: LocalCluster, certificates: Certificates) -> None:
    settings = ClusterFolder(closed.folder).load()
    assert settings is not None
    secrets = {TOKEN, (closed.folder / "conf" / "secret").read_text().strip()}
    secrets |= {url.partition("://:")[2].partition("@")[0] for url in (settings.redis, *settings.exchange)}
    assert all(len(secret) > 15 for secret in secrets) and len(secrets) == 4
    status = closed.status()
    pids = [process["pid"] for process in status["processes"]]
    seen = {f"command line of {pid}": " ".join(psutil.Process(pid).cmdline()) for pid in pids if psutil.pid_exists(pid)}
    seen |= {str(path): path.read_text() for path in (closed.folder / "logs").glob("*.log")}
    paths = ["/jobmanager/config", "/jobmanager/environment", "/penstock/cluster", "/config", "/metrics", "/overview"]
    for path in paths:
        code, answer = asked(closed, certificates, path)
        assert code == 200, path
        seen[path] = json.dumps(answer)
    seen["status"] = cli(closed, "cluster", "status", "--dir", str(closed.folder))
    for where, text in seen.items():
        for secret in secrets:
            assert secret not in text, where
    listed = {entry["key"]: entry["value"] for entry in asked(closed, certificates, "/jobmanager/config")[1]}
    assert listed["penstock.secret"] == listed["penstock.rest.token"] == "******"
    assert listed["penstock.redis.url"].startswith("redis://:******@127.0.0.1:")
    for private in ("cluster.json", "conf/config.yaml", "conf/secret", "data/redis/redis.conf"):
        assert (closed.folder / private).stat().st_mode & 0o077 == 0, private


def test_clients_with_certificates(certificates: Certificates, redis_url: str, prefix: str) -> None:
    settings = {
        "security.ssl.rest.enabled": "true",
        "security.ssl.rest.keystore": certificates.both,
        "security.ssl.rest.truststore": certificates.authority,
        "security.ssl.rest.authentication-enabled": "true",
    }
    dispatcher = DispatcherProcess(redis_url, prefix, **settings)
    try:
        assert dispatcher.url.startswith("https://")
        client = {
            "security.ssl.rest.truststore": certificates.authority,
            "rest.retry.max-attempts": "0",
        }
        with RestClient([dispatcher.url], Configuration(client)) as stranger, pytest.raises(ClusterUnreachable):
            stranger.overview()
        client |= {
            "security.ssl.rest.authentication-enabled": "true",
            "security.ssl.rest.keystore": certificates.client,
        }
        with RestClient([dispatcher.url], Configuration(client)) as known:
            assert known.overview()["slots-total"] == 0
    finally:
        dispatcher.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"security.ssl.rest.enabled": "true"}, "needs security.ssl.rest.keystore"),
        ({"security.ssl.rest.enabled": "true", "security.ssl.rest.keystore": "/no/such.pem"}, "there is no file"),
        ({"security.ssl.rest.enabled": "true", "security.ssl.rest.keystore": "{authority}"}, "cannot be used"),
        ({"penstock.rest.token": "file:/no/such/token"}, "penstock.rest.token: the file cannot be read"),
        ({"penstock.rest.token": "a-token-on-the-command-line"}, "command lines can be read"),
        ({"penstock.secret": "a secret on the command line"}, "command lines can be read"),
        ({"rest.bind-address": "0.0.0.0"}, "there is no cluster secret"),
        ({"penstock.redis.url": "redis://redis.example:6379/0"}, "there is no cluster secret"),
    ],
    ids=str,
)
def test_a_dispatcher_that_cannot_start_says_why(
    settings: dict[str, str], message: str, certificates: Certificates, redis_url: str
) -> None:
    options = {"penstock.redis.url": redis_url, "rest.bind-port": "0", **settings}
    command = [sys.executable, "-m", "penstock_dispatcher"]
    for key, value in options.items():
        command += ["-D", f"{key}={value.replace('{authority}', certificates.authority)}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PENSTOCK")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 2 and message in said and "Traceback" not in said, said
    assert "on the command line" not in said and "on-the-command-line" not in said
