"""The healer's fleet of tests/healing_kit.py behind the web adapter."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.web.own_secrets import OwnSecrets
from adapters.web.server import WebServer
from adapters.web.tokens import AccessTokens
from tests.healing_kit import Machines, Ward, ward
from tests.kernel_kit import settings

SECRET = "a secret of at least 32 characters"
HOSTILE = "Full\u202e<img src=x onerror=alert(1)>"


def alerted(status: str = "firing") -> dict[str, Any]:
    """A delivery of Alertmanager: a full disk, told by somebody hostile, and something slow."""
    full = {"alertname": "DiskFull", "instance": "web1:9100", "severity": "critical"}
    said = {"summary": HOSTILE, "description": "93 % of /srv is used"}
    slow = {"alertname": "Slow", "instance": "web1:9100", "severity": "warning"}
    return {
        "version": "4",
        "alerts": [
            {"status": status, "labels": full, "annotations": said},
            {"status": status, "labels": slow, "annotations": {}},
        ],
    }


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    ward: Ward

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {AccessTokens(SECRET).issue(name, '')}"}


@asynccontextmanager
async def attended(directory: Path, **given: Any) -> AsyncGenerator[Site]:
    """web1 and its healer, with the page."""
    chosen: dict[str, Any] = {"port": 0, "rate_limit_enabled": False, **given}
    async with ward(directory, Machines("web1")) as here, asyncio.TaskGroup() as tasks:
        own = OwnSecrets(SECRET, "a password", None)
        server = WebServer(settings(directory, **chosen), here.store, own)
        serving = tasks.create_task(server.serve(here.kernel.bot))
        await server.listening.wait()
        try:
            yield Site(server.url, here)
        finally:
            serving.cancel()
