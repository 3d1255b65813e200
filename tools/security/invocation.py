"""One simple command as a judge sees it, and how a judge has more of it judged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.security.finding import Finding
from tools.security.options import Parsed, parse
from tools.security.scope import Scope
from tools.security.words import Data, Word


class Recursion(Protocol):
    """The walker, as far as a judge needs it."""

    roots: tuple[str, ...]
    """Directories below which writing is routine."""
    never: tuple[str, ...]
    """What belongs to the bot itself."""

    def command(self, words: Sequence[Word], scope: Scope, stdin: Data) -> Iterator[Finding]: ...
    def script(self, text: str, scope: Scope, stdin: Data) -> Iterator[Finding]: ...


@dataclass(frozen=True, slots=True)
class Invocation:
    name: str
    """Of the program, without its directory."""
    args: tuple[Word, ...]
    scope: Scope
    stdin: Data
    walker: Recursion

    def options(self, table: str, *, stop: bool = False) -> Parsed:
        return parse(self.args, table, stop=stop)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.args)

    def command(self, words: Sequence[Word], stdin: Data | None = None) -> Iterator[Finding]:
        """Judge *words* as the command that this one starts."""
        given = self.stdin if stdin is None else stdin
        for found in self.walker.command(tuple(words), self.scope, given):
            yield found.within(self.name)

    def script(
        self, text: str, stdin: Data | None = None, *, here: bool = False
    ) -> Iterator[Finding]:
        """Judge *text* as a script that this one runs; *here*: the shell itself does, and keeps
        what it sets."""
        given = self.stdin if stdin is None else stdin
        scope = self.scope if here else self.scope.copy()
        for found in self.walker.script(text, scope, given):
            yield found.within(self.name)


Judge = Callable[[Invocation], Iterator[Finding]]
"""What is more than a plain reading in it; a judge that finds nothing lets it run unasked."""
