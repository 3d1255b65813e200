"""What a command is: a typed function that chat, buttons, programs and the page all call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic import BaseModel

from bot.chat import Role, ThreadRef, User
from bot.tool import arguments, description


@dataclass(frozen=True, slots=True)
class Caller:
    """Who runs a command, and from where."""

    user: User
    thread: ThreadRef
    message: str = ""
    """The platform's id of the message or click, for deduplication."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    summary: str
    role: Role
    args: type[BaseModel]
    fn: Callable[..., Awaitable[str]]


def command(*, role: Role, name: str = "") -> Callable[[Callable[..., Awaitable[str]]], Command]:
    """Make an async function a command: ``/ops x``, ``!x``, a button, a route, the page.

    Its parameters are its arguments; ``caller: Caller``, if it has one, is who asked. The text of
    a chat command fills the parameters in order, the last one taking the rest of the line."""

    def wrap(fn: Callable[..., Awaitable[str]]) -> Command:
        args = arguments(fn, "caller", "self")
        return Command(name or fn.__name__, description(fn), role, args, fn)

    return wrap
