"""The seams. The kernel calls these; other packages implement them; ``bot.app`` plugs them in."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeVar

from pydantic import JsonValue

from bot.agents import Ask
from bot.chat import IncomingMessage, ThreadRef, User
from bot.command import Caller, Command
from bot.events import Decision, ModelReplied
from bot.recorded import Live, Recorded
from bot.suggestion import Source
from bot.tool import Verdict
from bot.views import ModelStatus, Reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a model's reply."""

    text: str
    channel: Literal["text", "thinking"] = "text"


class ModelError(Exception):
    """The model could not answer. The text is for the person: what failed and what to do."""


class Model(Protocol):
    """A language model: a conversation in, a stream of pieces and then the whole reply out."""

    def reply(self, ask: Ask) -> AsyncGenerator[Delta | ModelReplied]:
        """Yields deltas, then exactly one ModelReplied. Raises ModelError."""
        ...

    async def status(self) -> ModelStatus: ...
    async def check(self, name: str) -> None:
        """Raises ModelError naming the installed models when *name* cannot be used."""
        ...

    async def close(self) -> None: ...


# --- where state lives ------------------------------------------------------------------------

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]
"""SQL, and its parameters."""


class StoreError(Exception):
    """The database could not do it; nothing of the statement or transaction was written."""


class UniqueViolation(StoreError):
    """A row with this key exists already."""


class Query(Protocol):
    """Runs one statement inside a transaction and returns its rows."""

    async def __call__(self, sql: str, *args: Any) -> Sequence[Row]: ...
    def later(self, sql: str, *args: Any) -> None:
        """A statement whose rows nobody needs: it runs before the next one, or at the commit."""
        ...


class Store(Protocol):
    """One SQL text for two drivers: ``$1`` parameters, ``{now}`` (epoch seconds, the database's
    clock), ``{lock}`` (``FOR UPDATE``), ``{skip}`` (``FOR UPDATE SKIP LOCKED``), ``{bytes}``.
    Only :meth:`search` is a text of each driver's own.

    Every method raises StoreError."""

    async def read(self, sql: str, *args: Any) -> Sequence[Row]: ...
    async def write(self, sql: str, *args: Any, then: Sequence[Statement] = ()) -> Sequence[Row]:
        """One statement, durable when it returns; statements that meet share a commit.

        *then*: what is written together with it, or not at all, if it returns any row.

        Raises UniqueViolation."""
        ...

    async def search(self, text: str, scopes: Sequence[str], limit: int) -> Sequence[int]:
        """Ids of the memories in *scopes* that hold any word of *text*, best first."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[Query]:
        """Several statements, all or none, with anything in between; nobody else writes meanwhile.

        Raises UniqueViolation."""
        ...

    async def atomically(self, work: Callable[[Query], Coroutine[Any, Any, T]]) -> T:
        """*work* as one transaction that shares its commit with what it meets.

        It awaits nothing but its query, and changes nothing but rows: it may run in another
        thread. Raises UniqueViolation, and whatever *work* raises: then nothing was written."""
        ...


# --- what the outside may do ------------------------------------------------------------------


class Refused(Exception):
    """The answer to a person is no. The text is one clear line that says what to do."""


class Forbidden(Refused):
    """No, because of who they are."""


class NotFound(Refused):
    """No, because there is no such thing, or none they may see."""


class Conflict(Refused):
    """No, because somebody else was first."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message."""

    run: str
    outcome: Literal["started", "joined", "queued", "duplicate"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a decision: ``approved``, ``denied`` … and the approval that now counts."""

    approval: str
    state: str
    run: str
    text: str
    """One line for the person who clicked."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The cursor is older than what is kept; the feed goes on from the oldest."""

    kind: str = "gap"


class Bot(Protocol):
    """All that an adapter or the healer may do: speak, decide, stop, command, listen, read."""

    async def receive(self, message: IncomingMessage) -> Receipt: ...
    async def decide(
        self,
        approval: str,
        decision: Decision,
        *,
        by: User,
        arguments: Mapping[str, JsonValue] | None = None,
        reason: str = "",
    ) -> Settled: ...
    async def stop(self, run: str, *, by: User) -> None: ...
    async def command(self, name: str, args: Mapping[str, JsonValue] | str, call: Caller) -> str:
        """Run a command: typed arguments from a program, or the text after its name."""
        ...

    def changed(self, log: str) -> None:
        """Something was written into a log behind the bot's back: followers look now."""
        ...

    def events(
        self, *, after: str = "", thread: ThreadRef | None = None, by: User | None = None
    ) -> AsyncGenerator[Recorded | Live | Gap]:
        """Replay from the cursor *after* (``""`` the beginning, ``"now"``), then follow.

        With *by*, only what they may see; NotFound when they may not see *thread*."""
        ...

    @property
    def read(self) -> Reading: ...
    async def judge(self, tool: str, args: Mapping[str, JsonValue], *, by: User) -> Verdict:
        """What the tool itself thinks of these arguments; nothing is run."""
        ...

    async def note(self, what: str, *, by: str, text: str = "") -> None:
        """Record a fact about the process: a login, a refusal, a change of roles."""
        ...


class Service(Protocol):
    """Anything that runs for the life of the process: an adapter, the healer."""

    name: str

    async def serve(self, bot: Bot) -> None: ...


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something done every so often, on one replica at a time."""

    name: str
    every: timedelta
    fn: Callable[[], Awaitable[None]]


class Sound(tuple[str, ...]):
    """What a doctor shows although nothing is wrong."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What every ``create()`` returns: all that a part adds to the process."""

    services: tuple[Service, ...] = ()
    commands: tuple[Command, ...] = ()
    periodics: tuple[Periodic, ...] = ()
    doctor: Mapping[str, Callable[[], Awaitable[Sequence[str]]]] = field(
        default_factory=dict[str, Callable[[], Awaitable[Sequence[str]]]]
    )
    """``python -m bot doctor NAME``: lines that say what is wrong; none, or ``Sound``, when all is
    well."""
    cli: Mapping[str, Callable[[Sequence[str]], Awaitable[int]]] = field(
        default_factory=dict[str, Callable[[Sequence[str]], Awaitable[int]]]
    )
    """``python -m bot NAME …``: takes the words after the name, returns the exit status."""
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    """name → value of every secret the part made or read itself: redaction must know it."""
    prepare: Callable[[], Awaitable[None]] | None = None
    """Awaited before the first run goes on; not for a verb of the command line."""
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    """Argument → what it could be, suggested while somebody types."""
    troubles: Callable[[], Mapping[str, str]] = dict[str, str]
    """What is wrong now: name → one line, shown in ``/health`` beside the services."""
