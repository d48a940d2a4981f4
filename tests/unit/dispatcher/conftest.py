import pytest

from .replica import Replica


@pytest.fixture
def replica() -> Replica:
    return Replica()
