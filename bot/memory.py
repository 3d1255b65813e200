"""What the bot remembers beyond a conversation, and the port to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import quote

from bot.chat import ThreadRef, User
from bot.verdict import Trust

Kind = Literal["fact", "preference", "project", "procedure", "incident"]
Scope = Literal["global", "space", "channel", "user"]
Status = Literal["active", "review", "superseded", "rejected", "forgotten"]
LONGEST = 4_000
"""Characters of one memory."""


class BadMemory(Exception):
    """It cannot be remembered, or there is no such memory. One line that says what to do."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """From where something is remembered or recalled: who, and in which conversation."""

    user: User
    thread: ThreadRef

    @property
    def here(self) -> Scope:
        """The scope meant when none is named: who reads the channel may know. Places without
        channels, such as the page, are private."""
        return "channel" if self.thread.channel else "user"

    def key(self, scope: Scope) -> str:
        """*scope* as it is stored. Equal keys are the same people in the same place."""
        place = self.thread
        match scope:
            case "global":
                parts: Sequence[str] = ()
            case "space":
                parts = (place.platform, place.space)
            case "channel" if place.channel:
                parts = (place.platform, place.space, place.channel)
            case "channel":
                parts = (place.platform, place.space, "", place.thread)
            case "user":
                parts = (self.user.platform, self.user.id)
        return ":".join((scope, *(quote(part, safe="") for part in parts)))

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that may be recalled from here, and nothing else may."""
        return tuple(self.key(scope) for scope in ("global", "space", "channel", "user"))


@dataclass(frozen=True, slots=True)
class NewMemory:
    text: str
    kind: Kind
    scope: Scope
    trust: Trust
    """EXTERNAL: outsiders may have had a hand in it."""
    run: str = ""
    """The run it comes from."""
    expires: float | None = None
    """Seconds since the epoch."""
    replaces: int = 0
    """The memory that is no longer true, if one is."""
    origin: str = ""
    """Unique name of the act of storing: the same act again stores nothing."""
    review: bool = False
    """A person has yet to accept it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """One memory."""

    id: int
    text: str
    kind: Kind
    scope: str
    """A key, see :meth:`Standpoint.key`."""
    trust: Trust
    status: Status
    thread: str
    run: str
    person: str
    created: float
    """Seconds since the epoch."""
    expires: float | None
    used: int
    """How often it was recalled."""
    score: int
    """What people said of answers it was used in: good ones minus bad ones."""
    replaces: int
    """The memory whose place it took; 0 for none."""


@dataclass(frozen=True, slots=True)
class Stored:
    memory: Remembered
    known: bool = False
    """It was remembered already; nothing was added."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Memories, best first."""

    memories: tuple[Remembered, ...] = ()
    degraded: str = ""
    """Why only the words were looked for and not their meaning; empty when both were."""


@dataclass(frozen=True, slots=True)
class Briefing:
    """What a model is told before it first thinks about a request."""

    text: str = ""
    """Ready for the model; empty when nothing is remembered."""
    ids: tuple[str, ...] = ()


class Memory(Protocol):
    """Reads and writes what is visible from a standpoint. Every method raises StoreError."""

    async def store(self, new: NewMemory, at: Standpoint) -> Stored:
        """Durable when it returns. Raises BadMemory: empty, too long, a secret, nothing to replace
        or something that must not be replaced by this."""
        ...

    async def recall(self, text: str, at: Standpoint, *, limit: int = 5) -> Recall: ...
    async def list(
        self, at: Standpoint, *, kind: Kind | None = None, limit: int = 20, before: int = 0
    ) -> Sequence[Remembered]:
        """The newest ones; with *before*, of those older than that number."""
        ...

    async def get(self, ids: Sequence[int], at: Standpoint) -> Sequence[Remembered]:
        """Raises BadMemory naming those that are not there."""
        ...

    async def forget(self, ids: Sequence[int], at: Standpoint) -> Sequence[Remembered]:
        """Take them out for good; what they were. Raises BadMemory, and then nothing went."""
        ...

    async def brief(self, text: str, at: Standpoint) -> Briefing:
        """What is worth knowing before answering *text*: nothing that outsiders had a hand in."""
        ...

    async def brief_again(self, ids: Sequence[str]) -> Briefing:
        """What an earlier life of the process was told, by the ids of its briefing."""
        ...

    def learn(self, run: str, thread: ThreadRef) -> None:
        """Learn from the log of a run that is over, when there is time. Returns at once."""
        ...
