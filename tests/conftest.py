"""Fixtures that several test modules share."""

import pytest

from tests.lab import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()
