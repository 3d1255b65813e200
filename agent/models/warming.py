"""The first question need not wait for its model: it is loaded while nobody asks anything."""

import asyncio

import structlog

from agent.models.router import Router
from bot.ports import Bot, ModelError

log = structlog.get_logger()


class Warming:
    """A service that loads the model once, after the start, and then has nothing left to do."""

    name = "model warm-up"

    def __init__(self, router: Router) -> None:
        self._router = router

    async def serve(self, bot: Bot) -> None:  # noqa: ARG002 - it needs nothing of the bot
        try:
            await self._router.warm()
        except ModelError as error:  # /health and the first question say the same
            log.info("no model was loaded ahead", reason=str(error))
        await asyncio.Event().wait()
