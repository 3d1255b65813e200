"""The sockets that Slack tells the bot through: while one of them is renewed, the other listens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

log = structlog.get_logger()
SOCKETS = 2


@dataclass(frozen=True, slots=True)
class Pulse:
    """Seconds; tests shorten them."""

    ping: float = 5.0
    """Between two signs of life that are asked of a socket. It is renewed after four in vain."""
    look: float = 2.0
    """Between two looks at the sockets."""
    stale: float = 40.0
    """Without a socket, after which all begins anew."""
    patience: float = 15.0
    """For a socket to be opened."""


class Sockets:
    """*fine*: called now and then while all sockets live. *gap*: called when something may have
    been missed: when a socket is opened, at the start and after it was lost."""

    def __init__(
        self, pulse: Pulse, fine: Callable[[], Awaitable[None]], gap: Callable[[], None]
    ) -> None:
        self._pulse = pulse
        self._fine = fine
        self._gap = gap
        self.open = self.connected = False

    async def serve(self, app: AsyncApp, token: str) -> str:
        """Open them, and watch that they live; why they do not any more."""
        ping: int = self._pulse.ping  # type: ignore[assignment]  # any number of seconds will do
        sockets = [AsyncSocketModeHandler(app, token, ping_interval=ping) for _ in range(SOCKETS)]
        try:
            for socket in sockets:
                socket.client.message_listeners.append(self._greeted)
                async with asyncio.timeout(self._pulse.patience):
                    await socket.connect_async()
            log.info("slack listens", sockets=len(sockets))
            self.open = self.connected = True
            await self._watch(sockets)
        except TimeoutError:
            return "Slack opens no socket: is its app-level token right?"
        else:
            return "Slack's sockets are gone: they are opened again"
        finally:
            self.open = self.connected = False
            for socket in sockets:
                await socket.close_async()

    async def _greeted(self, _client: object, message: dict[str, Any], _raw: object) -> None:
        """Slack says hello in every socket that is opened."""
        if message.get("type") == "hello":
            self._gap()

    async def _watch(self, sockets: list[AsyncSocketModeHandler]) -> None:
        """Until there is none."""
        since = monotonic()
        while True:
            alive = [await socket.client.is_connected() for socket in sockets]
            self.connected = any(alive)
            if self.connected:
                since = monotonic()
            elif monotonic() - since > self._pulse.stale:
                return
            if all(alive):
                await self._fine()
            await asyncio.sleep(self._pulse.look)
