"""Pictures in JSON: base64 or a ``data:`` URL in a message, their own bytes on the way back."""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote, unquote

from aiohttp import web
from pydantic import PlainValidator

from adapters.web.replies import PRINCIPAL
from bot.chat import Attachment
from bot.ports import Bot


def _decoded(value: object) -> Attachment:
    """A data URL may name its picture: ``data:image/png;name=disk.png;base64,…``."""
    if not isinstance(value, str):
        raise ValueError("is no text; send base64 or a data: URL")  # noqa: TRY004 - pydantic's way
    name, text = "picture", value
    if value.startswith("data:"):
        head, _, text = value.partition(",")
        parameters = head.split(";")
        if parameters[-1] != "base64":
            raise ValueError("is a data: URL without base64")
        names = [each for each in parameters if each.startswith("name=")]
        name = unquote(names[0].removeprefix("name=")) if names else name
    try:
        return Attachment(name, b64decode(text, validate=True))
    except (Error, ValueError) as error:
        raise ValueError("is no base64; send the bytes of a picture in base64") from error


Image = Annotated[Attachment, PlainValidator(_decoded)]
"""A field of a body."""


class ImageRoutes:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def routes(self) -> Iterable[web.RouteDef]:
        return [web.get("/api/pictures/{id}", self.picture)]

    async def picture(self, request: web.Request) -> web.Response:
        """For those who see its conversation. Its type is what its bytes are."""
        found = await self._bot.read.picture(request.match_info["id"], by=request[PRINCIPAL].user)
        name = f"inline; filename*=UTF-8''{quote(found.name, safe='')}"
        return web.Response(
            body=found.data,
            content_type=found.media_type,
            headers={"Content-Disposition": name},
        )
