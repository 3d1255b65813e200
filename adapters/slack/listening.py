"""The Bolt app: which of Slack's payloads go where. Slack is answered when the work is kept."""

import logging
import re
from collections.abc import Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import modals
from adapters.slack.clicks import Clicks
from adapters.slack.inbound import Inbound
from adapters.slack.orders import Orders

logging.getLogger("slack_bolt").setLevel(logging.WARNING)
logging.getLogger("slack_sdk").setLevel(logging.ERROR)


def bolt_app(client: AsyncWebClient, inbound: Inbound, clicks: Clicks, orders: Orders) -> AsyncApp:
    """One that answers Slack only after a listener has come to its end, so that what was not kept
    is sent again."""
    app = AsyncApp(
        client=client,
        process_before_response=True,
        request_verification_enabled=False,  # sockets are opened by us, with our token
        attaching_conversation_kwargs_enabled=False,
        ssl_check_enabled=False,
    )

    _hear(app, inbound)
    _serve(app, clicks, orders)
    return app


def _hear(app: AsyncApp, inbound: Inbound) -> None:
    async def message(event: dict[str, Any]) -> None:
        await inbound.heard(event)

    async def nothing() -> None:
        """Payloads that are subscribed to and mean nothing here."""

    _listen(app.event("app_mention"), message)
    _listen(app.event("message"), message)
    _listen(app.event(re.compile(".*")), nothing)


def _serve(app: AsyncApp, clicks: Clicks, orders: Orders) -> None:
    async def ops(ack: AsyncAck, command: dict[str, Any]) -> None:
        said = await orders.ordered(command)
        await ack(said)

    async def click(ack: AsyncAck, body: dict[str, Any]) -> None:
        await clicks.clicked(body)
        await ack()

    async def form(ack: AsyncAck, body: dict[str, Any]) -> None:
        answer = await clicks.submitted(body)
        await ack(**(answer or {}))

    async def shortcut(ack: AsyncAck, shortcut: dict[str, Any]) -> None:
        await clicks.shortcut(shortcut)
        await ack()

    _listen(app.command("/ops"), ops)
    _listen(app.action(re.compile("ops_.*")), click)
    _listen(app.view(re.compile(f"{modals.DENY}|{modals.EDIT}|{modals.ASK}")), form)
    _listen(app.shortcut("ask"), shortcut)


def _listen(on: Callable[..., Any], listener: Callable[..., Any]) -> None:
    on(listener)
