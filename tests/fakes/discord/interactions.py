"""Interactions of a fake Discord: acknowledged within three seconds, once, good for 15 minutes."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tests.fakes.discord import shapes
from tests.fakes.discord.shapes import BOT, Shape
from tests.fakes.discord.world import EPHEMERAL, No, World

ACK = 3.0
GOOD_FOR = 900.0
_LOADING = 1 << 7


@dataclass
class Interaction:
    """A click, a command, a form on its way."""

    kind: int
    channel: str
    user: str
    message: str = ""
    """The one that was clicked below."""
    id: str = field(default_factory=shapes.snowflake)
    token: str = field(default_factory=lambda: f"t{shapes.snowflake()}")
    begun: float = field(default_factory=monotonic)
    answered: int = 0
    """Type of the answer."""
    seconds: float = 0.0
    """How long it took."""
    modal: Shape = field(default_factory=dict[str, Any])
    choices: list[Shape] = field(default_factory=list[Shape])
    said: list[Shape] = field(default_factory=list[Shape])
    """What the person was told, the first one first."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> str:
        return "\n".join(message["content"] for message in self.said)


class Interactions:
    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, Interaction] = {}

    def add(self, made: Interaction) -> Interaction:
        self._known[made.token] = made
        return made

    def answer(self, id_: str, token: str, body: Shape) -> Shape:
        """The callback: its deadline, its only use, its shape."""
        made = self._known.get(token)
        if made is None or made.id != id_ or monotonic() - made.begun > ACK:
            raise No(404, 10062, "Unknown interaction")
        if made.answered:
            raise No(400, 40060, "Interaction has already been acknowledged.")
        data: Shape = body.get("data") or {}
        if body["type"] == 8:
            _check_choices(data["choices"])
        made.answered = body["type"]
        made.seconds = monotonic() - made.begun
        out: Shape = {"id": id_, "type": made.kind}
        resource: Shape = {}
        if body["type"] in (4, 5):
            flags: int = (data.get("flags") or 0) | (_LOADING if body["type"] == 5 else 0)
            message = self._say(made, {**data, "flags": flags})
            out["response_message_id"] = message["id"]
            resource = {"resource": {"type": body["type"], "message": message}}
        elif body["type"] == 9:
            _check_modal(data)
            made.modal = data
        elif body["type"] == 8:
            made.choices = data["choices"]
        made.bell.set()
        return {"interaction": out, **resource}

    def follow(self, token: str, body: Shape) -> Shape:
        """A further message; the first one replaces *thinking*."""
        made = self._alive(token)
        if made.answered == 5 and made.said and made.said[0]["flags"] & _LOADING:
            return self._replace(made.said[0], body)
        return self._say(made, body)

    def edit(self, token: str, body: Shape) -> Shape:
        """The original answer."""
        made = self._alive(token)
        if not made.said:
            raise No(404, 10008, "Unknown Message")
        return self._replace(made.said[0], body)

    def _alive(self, token: str) -> Interaction:
        made = self._known.get(token)
        if made is None or monotonic() - made.begun > GOOD_FOR:
            raise No(401, 50027, "Invalid Webhook Token")
        if not made.answered:
            raise No(404, 10015, "Unknown Webhook")
        return made

    def _say(self, made: Interaction, body: Shape) -> Shape:
        message = self._world.write(
            made.channel, BOT, body, webhook_id=BOT, application_id=BOT, for_=made.user
        )
        if message["flags"] & EPHEMERAL:
            del self._world.messages[message["id"]]
        made.said.append(message)
        return message

    def _replace(self, message: Shape, body: Shape) -> Shape:
        message["flags"] &= ~_LOADING
        wanted = ("content", "components")
        message.update({key: body[key] for key in wanted if key in body})
        return message


def _check_choices(choices: list[Shape]) -> None:
    lengths = [len(text) for each in choices for text in (each["name"], each["value"])]
    if len(choices) > 25 or not all(1 <= length <= 100 for length in lengths):
        raise No(400, 50035, "there are at most 25 suggestions, of 1 to 100 characters")


def _check_modal(data: Shape) -> None:
    rows: list[Shape] = data["components"]
    if not 1 <= len(rows) <= 5 or len(data["title"]) > 45 or len(data["custom_id"]) > 100:
        raise No(400, 50035, "a form has 1 to 5 rows and a title of 45 characters")
    for row in rows:
        if row["type"] == 10:
            if len(row["content"]) > 4_000:
                raise No(400, 50035, "a text has 4000 characters")
            continue
        field_ = row["component"]
        if len(row["label"]) > 45 or len(field_.get("value") or "") > 4_000:
            raise No(400, 50035, "a label has 45 characters, a value 4000")
