"""Fixtures that several test modules share."""

import pytest

from tests.small_tools import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()
