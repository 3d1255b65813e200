"""What people say, and where: the inbound vocabulary every adapter translates into."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote, unquote


class Role(StrEnum):
    """What somebody may do, weakest first. Ask with :meth:`covers`; strings do not compare."""

    NOBODY = "nobody"
    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether somebody of this role may do what *needed* may do."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class User:
    """A person or program as its platform knows it. The pair (platform, id) is the identity."""

    platform: str
    id: str
    name: str = ""
    also: tuple[str, ...] = ()
    """Further names the roles file may know them by: ``email:…``, ``slack-group:…``."""
    ceiling: Role = Role.ADMIN
    """Never more than this role: an API key's scope, a guest."""

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.id}"


HEALER = User("healer", "healer", "Healer")
"""Who repairs: an operator that can approve nothing."""


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """Where a conversation lives. Equal refs share one transcript."""

    platform: str
    space: str
    channel: str
    thread: str

    def __str__(self) -> str:
        return _written(self)

    @staticmethod
    def parse(text: str) -> "ThreadRef":
        """Read what ``str`` wrote; raises ValueError on anything else."""
        return _parsed(text)


@lru_cache(4096)
def _written(ref: ThreadRef) -> str:
    parts = (ref.platform, ref.space, ref.channel, ref.thread)
    return ":".join(quote(part, safe="") for part in parts)


@lru_cache(4096)
def _parsed(text: str) -> ThreadRef:
    platform, space, channel, thread = (unquote(part) for part in text.split(":"))
    return ThreadRef(platform, space, channel, thread)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, as it was sent. What it really is, its bytes say."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    id: str
    """The platform's own message id: deliveries are at-least-once, this is the dedup key."""
    thread: ThreadRef
    user: User
    text: str
    model: str = "auto"
    attachments: tuple[Attachment, ...] = ()
    addressed: bool = True
    """Said to the bot itself (mention, DM, page), not merely in a thread it takes part in."""
    fresh: bool = False
    """Start the thread's transcript afresh: what came before is neither shown nor taints."""
    agent: str = "react"
    """Who answers. People's words are always for the agent that people talk to."""
    source: str = ""
    """Whose words the text holds besides the user's own; outsiders' taint the run."""


_INCIDENTS = "incidents"


def incident_thread(incident: str, repair: int = 0) -> ThreadRef:
    """Where an incident is talked about, or where its *repair* (1, 2 …) is told."""
    return ThreadRef("web", "", _INCIDENTS, f"{incident}.{repair}" if repair else incident)


def incident_of(thread: ThreadRef) -> str:
    """The incident a thread is about; empty for any other thread."""
    about = thread.platform == "web" and thread.channel == _INCIDENTS
    return thread.thread.partition(".")[0] if about else ""
