"""What the fault tests share."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes.ollama import FakeOllama
from tests.faults.life import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    """Everything but the bot itself."""
    async with FakeOllama() as ollama:
        yield House(tmp_path, ollama)
