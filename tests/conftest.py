"""Fixtures that several test modules share."""

import pytest

from tests.lab.fixtures import engine as engine
from tests.lab.fixtures import machines as machines
from tests.lab.fixtures import sshd as sshd
from tests.small_tools import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()
