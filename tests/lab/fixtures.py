"""The lab as fixtures, for the whole test run: started when a test first wants them."""

from collections.abc import Generator

import pytest

from tests.lab import engine as engines
from tests.lab.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Generator[Engine]:
    """A Docker engine with nothing in it but what tests put there."""
    with engines.engine() as running:
        yield running
