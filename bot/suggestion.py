"""What an argument that somebody is typing could become."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.chat import Role


@dataclass(frozen=True, slots=True)
class Suggestion:
    value: str
    about: str = ""
    """A few words that tell it from others; empty when it says all itself."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of arguments of one name come from."""

    role: Role
    """Who may see them."""
    fn: Callable[[Mapping[str, str]], Awaitable[Sequence[Suggestion]]]
    """Given what was typed for other arguments. ToolError when nobody knows now."""
