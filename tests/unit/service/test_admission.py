"""Who has another secret than the cluster does not join, and is told what to do."""

import threading
from typing import Any

import pytest
import redis
from structlog.testing import capture_logs

from penstock.client.config import Configuration
from penstock.coordination.memory import MemoryCoordination
from penstock.security.keyring import UNSIGNED, Keyring
from penstock.service import Service
from penstock.service.admission import Admission, NotAdmitted

OLD, NEW = b"the secret of before", b"the secret of today"


def admission(coordination: MemoryCoordination, keyring: Keyring) -> Admission:
    coordination.keyring = keyring
    return Admission(coordination)


def joined(coordination: MemoryCoordination, keyring: Keyring) -> Admission:
    made = admission(coordination, keyring)
    made.look()
    assert made.is_admitted
    return made


@pytest.mark.parametrize("keyring", [UNSIGNED, Keyring(OLD)])
def test_with_the_same_secret_all_join(keyring: Keyring) -> None:
    coordination = MemoryCoordination()
    for _ in range(3):
        joined(coordination, keyring)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (Keyring(OLD), Keyring(NEW), "penstock.secret is not the secret of cluster 'penstock'"),
        (Keyring(OLD), UNSIGNED, "this process has none"),
        (UNSIGNED, Keyring(OLD), "has no secret, and this process has one"),
        # that the older one trusts the newer one does not make what the newer one reads acceptable to it
        (Keyring(OLD, [NEW]), Keyring(NEW), "penstock.secret.trusted"),
    ],
)
def test_with_another_secret_nobody_joins(first: Keyring, second: Keyring, told: str) -> None:
    coordination = MemoryCoordination()
    joined(coordination, first)
    late = admission(coordination, second)
    for _ in range(2):
        with pytest.raises(NotAdmitted, match=told) as failure:
            late.look()
    assert not late.is_admitted
    assert "the same penstock.secret" in str(failure.value)
    assert OLD.decode() not in str(failure.value) and NEW.decode() not in str(failure.value)
    joined(coordination, first)  # it has not spoilt it for those that are right


def test_the_secret_is_changed_one_service_after_the_other() -> None:
    coordination = MemoryCoordination()
    joined(coordination, Keyring(OLD))
    both = joined(coordination, Keyring(OLD, [NEW]))
    joined(coordination, Keyring(NEW, [OLD]))
    with capture_logs() as logs:
        both.look()  # those that know the new one have nothing to complain of
    assert not logs
    with pytest.raises(NotAdmitted):
        joined(coordination, Keyring(OLD))
    joined(coordination, Keyring(NEW))
    joined(coordination, Keyring(NEW, [OLD]))


def test_a_running_service_tells_of_another_secret_once() -> None:
    coordination = MemoryCoordination()
    old = joined(coordination, Keyring(OLD))
    joined(coordination, Keyring(NEW, [OLD]))
    with capture_logs() as logs:
        for _ in range(3):
            old.look()
    assert [line["event"].partition(":")[0] for line in logs] == [
        "a service with another secret has joined the cluster"
    ]
    assert old.is_admitted


def test_an_emptied_redis_learns_it_again() -> None:
    coordination = MemoryCoordination()
    old = joined(coordination, Keyring(OLD))
    coordination.space.delete(coordination.keys.secret())
    old.look()
    with pytest.raises(NotAdmitted):
        admission(coordination, Keyring(NEW)).look()


def test_a_redis_that_is_away_decides_nothing() -> None:
    coordination = MemoryCoordination()
    made = admission(coordination, Keyring(OLD))
    coordination.space.away = True
    with pytest.raises(redis.ConnectionError):
        made.look()
    coordination.space.away = False
    made.look()
    assert made.is_admitted


def test_a_redis_user_that_may_not_is_named() -> None:
    class Closed:
        def keep(self, check: str, replaced: object = ()) -> str:
            raise redis.exceptions.NoPermissionError("NOPERM")

    coordination: Any = MemoryCoordination()
    coordination.secret = Closed()
    with pytest.raises(NotAdmitted, match=r"penstock:secret.*conf/redis-users\.acl"):
        Admission(coordination).look()


def test_the_check_value_is_not_the_secret_and_seals_nothing() -> None:
    keyring = Keyring(OLD, [NEW])
    assert OLD.decode() not in keyring.check and OLD.hex() not in keyring.check
    id, _, value = keyring.check.partition(":")
    assert id == keyring.id
    for purpose in ("message", "blob", "row", "state"):
        assert value not in keyring.seal(purpose, "", b"").hex()
    assert keyring.trusted_checks == (Keyring(NEW).check,)


def service(coordination: MemoryCoordination, keyring: Keyring) -> Service:
    coordination.keyring = keyring
    return Service("jobmanager", coordination, Configuration({"penstock.service.id": "jm"}))


def test_a_service_with_another_secret_makes_no_step_and_is_never_seen() -> None:
    coordination = MemoryCoordination()
    joined(coordination, Keyring(OLD))
    late, steps = service(coordination, Keyring(NEW)), list[int]()
    with capture_logs() as logs:
        assert late.run(lambda: steps.append(1)) == 2
    assert not steps and not coordination.registry.alive()
    assert [line["log_level"] for line in logs if "penstock.secret" in line["event"]] == ["critical"]


def test_a_service_that_starts_before_redis_is_asked_when_redis_is_there() -> None:
    coordination = MemoryCoordination()
    joined(coordination, Keyring(OLD))
    coordination.space.away = True
    late, steps = service(coordination, Keyring(NEW)), list[int]()
    with late:
        assert late.may_serve(20)
        assert late.status == 0
        threading.Timer(0.2, lambda: setattr(coordination.space, "away", False)).start()
        assert late.run(lambda: steps.append(1)) == 2
    assert not steps and not late.may_serve(20)
