"""A fake Discord on a real socket, and what people do in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes.discord import shapes
from tests.fakes.discord.api import Api
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interactions import Interaction, Interactions
from tests.fakes.discord.shapes import BOT, CHANNEL, EVERYTHING, GUILD, Shape
from tests.fakes.discord.world import World, buttons


class DiscordServer:
    """``url`` is for AI_DISCORD_API_URL, ``gateway.url`` for AI_DISCORD_GATEWAY_URL."""

    def __init__(self) -> None:
        self.world = World()
        self.gateway = Gateway(self.world)
        self.interactions = Interactions(self.world)
        self.api = Api(self.world, self.gateway, self.interactions)
        self.url = ""
        self.asked_for: list[str] = []
        """Names of attachments."""
        self._attachments: dict[str, bytes] = {}

    def app(self) -> web.Application:
        app = web.Application(client_max_size=30 << 20)
        app.router.add_routes(self.api.routes())
        app.router.add_get("/gateway/", self.gateway.handle)
        app.router.add_get("/attachments/{id}/{name}", self._attachment)
        return app

    async def _attachment(self, request: web.Request) -> web.Response:
        """Files need no token: who knows the address may have them."""
        if "Authorization" in request.headers:
            return web.Response(status=400, text="nobody else is to see the token")
        self.asked_for.append(request.match_info["name"])
        return web.Response(body=self._attachments[request.match_info["id"]])

    def upload(self, name: str, kind: str, data: bytes, **more: Any) -> Shape:
        """A file as a message of a person's holds it."""
        id_ = shapes.snowflake()
        self._attachments[id_] = data
        host = self.url.partition("/api")[0]
        url = f"{host}/attachments/{id_}/{name}"
        about = {"id": id_, "filename": name, "content_type": kind, "size": len(data)}
        return {**about, "url": url, "proxy_url": url, **more}

    # --- what people do ----------------------------------------------------------------------

    async def says(self, text: str, *, by: str = "1", channel: str = CHANNEL, **more: Any) -> Shape:
        """Somebody writes a message."""
        message = self.world.write(channel, by, {"content": text}, **more)
        await self.tell(message)
        return message

    def attached(self, name: str, data: bytes, kind: str = "text/plain") -> Shape:
        """A file, for ``says(…, attachments=[…])``."""
        self.api.files[name] = data
        url = f"{self.url.removesuffix('/api/v10')}/files/{name}"
        return {
            "id": shapes.snowflake(), "filename": name, "size": len(data), "url": url,
            "proxy_url": url, "content_type": kind,
        }  # fmt: skip

    async def tell(self, message: Shape) -> None:
        """The bot is told of a message, perhaps once more."""
        more: Shape = {}
        if guild := self.world.channel(message["channel_id"]).get("guild_id"):
            member = self.world.member(guild, message["author"]["id"])
            about = {key: value for key, value in member.items() if key != "user"}
            more = {"guild_id": guild, "member": about}
        await self.gateway.dispatch("MESSAGE_CREATE", {**message, **more})

    async def clicks(self, message: Shape, action: str, *, by: str = "1") -> Interaction:
        """A button of a message, by the action that its id names."""
        data = {"custom_id": buttons(message)[action], "component_type": 2}
        made = Interaction(3, message["channel_id"], by, message["id"])
        return await self.interact(made, data)

    async def submits(
        self, form: Interaction, values: dict[str, str], *, by: str = "1"
    ) -> Interaction:
        """The form that an interaction was answered with; what is not in *values* stays."""
        given = form.modal["components"]
        rows = [row["component"] for row in given if "component" in row]
        sent = [
            {"type": 18, "id": n, "component": {
                "type": 4, "id": n + 10, "custom_id": row["custom_id"],
                "value": values.get(row["custom_id"], row.get("value") or "")}}
            for n, row in enumerate(rows)
        ]  # fmt: skip
        sent += [{"type": 10, "id": 90} for row in given if row["type"] == 10]
        made = Interaction(5, form.channel, by, form.message)
        data = {"custom_id": form.modal["custom_id"], "components": sent}
        return await self.interact(made, data)

    async def orders(
        self, name: str, text: str = "", *, by: str = "1", channel: str = CHANNEL
    ) -> Interaction:
        """``/ops name text``."""
        inner = [{"name": "text", "type": 3, "value": text}] if text else []
        data = {
            "id": "9", "name": "ops", "type": 1,
            "options": [{"name": name, "type": 1, "options": inner}],
        }  # fmt: skip
        return await self.interact(Interaction(2, channel, by), data)

    async def types(
        self, name: str, text: str, *, by: str = "1", channel: str = CHANNEL
    ) -> list[Shape]:
        """What is suggested while ``/ops name text`` is typed."""
        inner = [{"name": "text", "type": 3, "value": text, "focused": True}]
        data = {
            "id": "9", "name": "ops", "type": 1,
            "options": [{"name": name, "type": 1, "options": inner}],
        }  # fmt: skip
        return (await self.interact(Interaction(4, channel, by), data)).choices

    async def menu(self, message: Shape, *, by: str = "1") -> Interaction:
        """*Ask about this message* in a message's menu."""
        data = {
            "id": "10", "name": "Ask about this message", "type": 3, "target_id": message["id"],
            "resolved": {"messages": {message["id"]: message}},
        }  # fmt: skip
        return await self.interact(Interaction(2, message["channel_id"], by), data)

    async def interact(self, made: Interaction, data: Shape) -> Interaction:
        """Send it; raises TimeoutError when it is not acknowledged within Discord's 3 seconds."""
        self.interactions.add(made)
        channel = self.world.channel(made.channel)
        guild = channel.get("guild_id")
        payload: Shape = {
            "id": made.id, "application_id": BOT, "type": made.kind, "token": made.token,
            "version": 1, "channel_id": made.channel, "channel": channel, "data": data,
            "app_permissions": EVERYTHING, "locale": "en-US", "entitlements": [], "context": 0,
            "authorizing_integration_owners": {"0": GUILD}, "attachment_size_limit": 10_485_760,
        }  # fmt: skip
        if guild:
            member = {**self.world.member(guild, made.user), "permissions": EVERYTHING}
            payload |= {"guild_id": guild, "guild_locale": "en-US", "member": member}
        else:
            payload |= {"user": self.world.users[made.user]}
        if made.message:
            payload["message"] = self.world.messages[made.message]
        await self.gateway.dispatch("INTERACTION_CREATE", payload)
        async with asyncio.timeout(3):
            await made.bell.wait()
        return made

    def direct(self, person: str) -> str:
        """The channel of direct messages with somebody."""
        id_ = f"9{person}"
        self.world.channels[id_] = shapes.direct(id_, self.world.users[person])
        return id_


@asynccontextmanager
async def discord_server(port: int = 0) -> AsyncGenerator[DiscordServer]:
    server = DiscordServer()
    runner = web.AppRunner(server.app(), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    server.url = f"http://{host}/api/v10"
    server.gateway.url = f"ws://{host}/gateway/"
    try:
        yield server
    finally:
        await server.gateway.drop(forget=True)
        await runner.cleanup()
