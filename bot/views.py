"""What may be looked at, and the shapes it comes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.chat import Role, ThreadRef, User
from bot.command import Command
from bot.events import ApprovalRequested, IncidentChanged
from bot.memory import Recall, Standpoint
from bot.recorded import Recorded
from bot.suggestion import Suggestion
from bot.tool import Tool


@dataclass(frozen=True, slots=True)
class ModelInfo:
    name: str
    size: int = 0
    """Bytes on disk; 0 for a model elsewhere."""
    loaded: bool = False
    context_length: int = 0
    """Tokens it can read; 0 when that was not asked for."""
    capabilities: tuple[str, ...] = ()
    """As Ollama names them: completion, tools, thinking, vision, embedding …"""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What a person is told about the model: on the page, in ``/health``, by ``models``."""

    reachable: bool
    installed: tuple[ModelInfo, ...] = ()
    auto: str = ""
    """The installed model that ``auto`` means now; empty when none of the wanted ones is."""
    detail: str = ""
    """When it is not reachable: why, in one line."""


@dataclass(frozen=True, slots=True)
class ThreadView:
    thread: ThreadRef
    title: str
    updated: float
    """Seconds since the epoch."""
    status: str
    """Of its newest run: queued ready running waiting done failed stopped."""
    waiting: bool
    """One of its approvals is open."""
    incident: str = ""
    """How the incident stands that it is about; empty for any other thread."""


@dataclass(frozen=True, slots=True)
class RunView:
    run: str
    thread: ThreadRef
    status: str
    model: str
    requester: str
    created: float
    events: Sequence[Recorded]
    feedback: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Who (``web:ann``) called its answer good, and who bad."""


@dataclass(frozen=True, slots=True)
class ApprovalView:
    request: ApprovalRequested
    status: str
    """pending approved denied expired superseded used"""
    run: str
    thread: ThreadRef
    decided_by: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """How an incident stands: its newest event."""

    event: IncidentChanged
    thread: ThreadRef
    at: float
    """When that was, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class PictureView:
    """One that somebody sent with a message."""

    thread: ThreadRef
    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Health:
    """*parts*: name → what is wrong with it, empty when it works."""

    parts: Mapping[str, str]
    model: ModelStatus
    mode: str


class Reading(Protocol):
    """What may be looked at. Who asks is checked: Forbidden or NotFound when they may not."""

    async def role(self, user: User) -> Role: ...
    async def threads(self, *, by: User) -> Sequence[ThreadView]:
        """Newest first, at most 200."""
        ...

    async def thread(self, thread: ThreadRef, *, by: User) -> Sequence[RunView]: ...
    async def check(self, thread: ThreadRef, *, by: User) -> None:
        """NotFound when there is no such thread for them. A new one is nobody's yet."""
        ...

    async def run(self, run: str, *, by: User) -> RunView: ...
    async def picture(self, picture: str, *, by: User) -> PictureView: ...
    async def approvals(self, *, by: User) -> Sequence[ApprovalView]:
        """The open ones that *by* may see."""
        ...

    async def approval(self, approval: str, *, by: User) -> ApprovalView: ...
    async def memories(
        self, at: Standpoint, *, text: str = "", limit: int = 50, before: int = 0
    ) -> Recall:
        """What is remembered there: the newest ones, older than number *before* if that is given;
        with *text* what is about it, best first. NotFound when they may not see the thread."""
        ...

    async def incidents(self, *, by: User) -> Sequence[IncidentView]:
        """The newest 100; Forbidden for those below operator."""
        ...

    async def tools(self, *, by: User) -> Sequence[Tool]: ...
    async def commands(self, *, by: User) -> Sequence[Command]:
        """Those that *by* may run."""
        ...

    async def suggest(
        self, argument: str, given: Mapping[str, str], *, by: User
    ) -> Sequence[Suggestion]:
        """What an argument of this name could be: approval, run, tool, host, container; nothing
        for others. *given*: what other arguments are. ToolError when nobody knows now."""
        ...

    def vocabulary(self) -> Sequence[Command]:
        """All commands by name: what there is is no secret, who may run it is checked then."""
        ...

    def has_command(self, name: str) -> bool:
        """Whether there is such a command, for anybody."""
        ...

    async def health(self) -> Health: ...
