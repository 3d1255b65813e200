"""The lab as fixtures, for the whole test run: started when a test first wants them."""

from collections.abc import Generator

import pytest

from tests.lab import engine as engines
from tests.lab import machines as hosts
from tests.lab import sshd as servers
from tests.lab.engine import Engine
from tests.lab.machines import Machines
from tests.lab.sshd import Sshd


@pytest.fixture(scope="session")
def engine() -> Generator[Engine]:
    """A Docker engine with nothing in it but what tests put there."""
    with engines.engine() as running:
        yield running


@pytest.fixture(scope="session")
def machines(engine: Engine) -> Generator[Machines]:
    """Two Debian machines: ``web1`` and ``web2``. Leave them as they were found."""
    with hosts.machines(engine) as running:
        yield running


@pytest.fixture(scope="session")
def sshd() -> Generator[Sshd]:
    """An SSH server on this very machine. Tests that break it make one of their own."""
    with servers.sshd() as running:
        yield running
