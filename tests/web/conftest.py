"""A running web adapter for every test that asks for one."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.web.site import Site, serving


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    """The web adapter as it comes, rate limits off."""
    async with serving(tmp_path) as running:
        yield running
