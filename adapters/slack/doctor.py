"""``python -m bot doctor slack``: what is wrong with tokens, scopes and channels."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.service import SlackTrouble, connection, socket_allowed, who_am_i
from adapters.slack.wire import SlackWire
from bot.config import Settings

MANIFEST = Path(__file__).with_name("manifest.yaml")
SECONDS = 20.0


class Doctor:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self) -> Sequence[str]:
        """Lines that say what is wrong; none when all is well."""
        try:
            async with asyncio.timeout(SECONDS):
                return [line async for line in self._lines()]
        except TimeoutError:
            return [f"Slack did not answer within {SECONDS:g} s"]

    async def _lines(self) -> AsyncGenerator[str]:
        async with connection(self._settings) as client:
            wire = SlackWire(client)
            try:
                await who_am_i(wire, client)
                await socket_allowed(client, self._settings)
            except SlackTrouble as trouble:
                yield str(trouble)
                return
            response: Any = await client.api_call("auth.test")
            given = str(response.headers.get("x-oauth-scopes", ""))
            missing = sorted(wanted() - set(given.replace(" ", "").split(",")))
            if given and missing:
                yield (
                    f"scopes are missing: {', '.join(missing)}; add them under OAuth & Permissions"
                    " and install the app again"
                )
            try:
                found = await wire.call("users.conversations", {"limit": 200}, get=True)
            except (Later, Rejected, Uncertain) as error:
                yield f"Slack does not say which channels the bot is in: {error}"
                return
            if not found.get("channels"):
                yield "the bot is in no channel: invite it with /invite @opsbot"


def wanted() -> set[str]:
    """The scopes that the manifest asks for."""
    lines = (line.strip() for line in MANIFEST.read_text(encoding="utf-8").splitlines())
    found = {line.removeprefix("- ") for line in lines if line.startswith("- ")}
    return {scope for scope in found if ":" in scope or scope == "commands"} - {
        scope for scope in found if ": " in scope
    }
