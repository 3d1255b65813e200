"""What a platform must be able to do for stories to be told there."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Protocol

from adapters.live.story import Story
from bot.chat import ThreadRef
from bot.plot import Plot


class Urgency(IntEnum):
    """What goes first when not everything may go at once."""

    APPROVAL = 0
    ANSWER = 1
    NOTICE = 2
    PROGRESS = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that goes with a message, or the rest of a long one."""

    name: str
    data: bytes
    title: str = ""
    """Shown with it, where that is possible."""
    alt: str = ""
    """What it shows, in words; at most 1,000 characters."""


@dataclass(frozen=True)
class Post:
    """One message as it should look now."""

    part: str
    """Its name within the story: ``steps 0``, an approval's id, ``answer 0``."""
    urgency: Urgency
    body: dict[str, Any] = field(default_factory=dict[str, Any])
    """As the platform takes it."""
    files: tuple[Picture, ...] = ()
    plot: Plot | None = None
    """Drawn when it is posted: then it is the one of the files."""
    final: bool = False
    """It will not change any more, so that this edit must not be left out."""

    @property
    def uploads(self) -> bool:
        """Whether it is made of files, which cannot be edited."""
        return bool(self.files) or self.plot is not None

    @cached_property
    def digest(self) -> str:
        """Changes when what people see changes."""
        sha = hashlib.sha256(json.dumps(self.body, sort_keys=True, default=str).encode())
        for picture in self.files:
            sha.update(picture.name.encode() + b"\0" + picture.data)
        return sha.hexdigest()[:20]


class Renderer(Protocol):
    """What a story looks like on a platform. Pure, but for what it keeps in ``story.kept``."""

    def __call__(self, story: Story) -> Sequence[Post]: ...


class Later(Exception):
    """The platform wants it later; *seconds* from now. *everywhere*: not only in this channel."""

    def __init__(self, seconds: float, *, everywhere: bool = False) -> None:
        super().__init__(f"in {seconds:g} s")
        self.seconds = seconds
        self.everywhere = everywhere


class Uncertain(Exception):
    """Nobody knows whether it was posted: it is looked for before it is posted again."""


class Rejected(Exception):
    """The platform will never take it as it is."""


class Gone(Exception):
    """The message to be edited is not there any more."""


class Stale(Exception):
    """The message is too old to be edited, and was taken away: it is posted anew."""


class Wire(Protocol):
    """Posting, editing and finding messages. Raises Later, Uncertain, Rejected, Gone, Stale."""

    async def post(self, thread: ThreadRef, key: str, post: Post) -> str:
        """The platform's id of the new message. *key* is kept with it where that is possible."""
        ...

    async def edit(self, thread: ThreadRef, message: str, post: Post) -> None: ...
    async def find(self, thread: ThreadRef, key: str) -> str:
        """The id of the message that was posted with *key*; empty when there is none."""
        ...
