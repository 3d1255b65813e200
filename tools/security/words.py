"""Words of a command line, with what is known of their text and what is not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

Origin = Literal["unset", "home", "glob", "system", "unknown", "file", "decoded", "network"]
"""Where a text that is not known comes from, from harmless to hostile. *unset*: a variable that
nothing sets, so empty in the clean environment a command gets. *system*: a number or a name that
the host printed in a fixed format."""
_RANK: tuple[Origin, ...] = (
    "unset",
    "home",
    "glob",
    "system",
    "unknown",
    "file",
    "decoded",
    "network",
)


OUTSIDE: tuple[Origin, ...] = ("file", "decoded", "network")
"""Texts that somebody outside may have chosen."""


def worst(origins: Iterable[Origin]) -> Origin:
    result: Origin = "system"
    for origin in origins:
        if _RANK.index(origin) > _RANK.index(result) or result == "system":
            result = origin
    return result


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a word whose text is not known."""

    origin: Origin
    shown: str = ""
    """As it is written: ``$x``, ``*``."""
    secret: bool = False
    """It may hold something secret."""


Piece = str | Hole


@dataclass(frozen=True, slots=True)
class Word:
    """One word as a program gets it."""

    pieces: tuple[Piece, ...]
    text: str = field(init=False)
    """For people: what is not known stands as it is written."""
    literal: str | None = field(init=False)
    """The text, when all of it is known."""

    def __post_init__(self) -> None:
        known = all(isinstance(piece, str) for piece in self.pieces)
        text = "".join(p if isinstance(p, str) else p.shown for p in self.pieces)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "literal", text if known else None)

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Hole))

    @property
    def start(self) -> str:
        """Its known beginning."""
        return self.pieces[0] if self.pieces and isinstance(self.pieces[0], str) else ""

    @property
    def origin(self) -> Origin:
        return worst(hole.origin for hole in self.holes)

    @property
    def secret(self) -> bool:
        return any(hole.secret for hole in self.holes)

    @property
    def may_be_option(self) -> bool:
        """Whether a program could take it for an option that nobody reads here."""
        first = self.pieces[0] if self.pieces else ""
        if isinstance(first, str):
            return first.startswith("-")
        if first.shown.startswith("/dev/fd/"):
            return False
        return first.origin in ("unknown", "file", "decoded", "network")

    def after(self, count: int) -> "Word":
        """Without its first *count* characters, which must be known."""
        assert len(self.start) >= count
        return Word((self.start[count:], *self.pieces[1:]))


def plain(text: str) -> Word:
    return Word((text,))


def unknown(shown: str, origin: Origin = "unknown", *, secret: bool = False) -> Word:
    return Word((Hole(origin, shown, secret),))


@dataclass(frozen=True, slots=True)
class Data:
    """What flows through a pipe, or what a substitution gives."""

    origin: Origin = "unknown"
    text: str | None = None
    """What it is, when that is known; it may still be filtered when not *exact*."""
    exact: bool = True
    paths: tuple[Word, ...] = ()
    """The names that it holds, with globs in them."""
    secret: bool = False

    @property
    def opaque(self) -> bool:
        """Nobody has seen it: it was fetched or decoded."""
        return self.origin in ("network", "decoded")

    def words(self) -> tuple[Word, ...]:
        """As the words that a shell makes of it."""
        if self.text is not None and self.exact:
            return fewer(map(plain, self.text.replace("\0", "\n").split()))
        if self.paths:
            return self.paths
        return (unknown("<stdin>", self.origin, secret=self.secret),)


NOTHING = Data("system", "")
MOST = 64
"""Words of known text that are looked at one by one."""


def fewer(words: Iterable[Word]) -> tuple[Word, ...]:
    """At most MOST of *words*; one that may be anything stands for the rest."""
    first = tuple(islice(words, MOST + 1))
    return first if len(first) <= MOST else (*first[:MOST], unknown("…", "decoded"))


def merged(parts: Iterable[Data]) -> Data:
    """One after the other."""
    all_parts = [part for part in parts if part is not NOTHING]
    if not all_parts:
        return NOTHING
    if len(all_parts) == 1:
        return all_parts[0]
    texts = [part.text for part in all_parts]
    return Data(
        origin=worst(part.origin for part in all_parts),
        text="".join(text for text in texts if text is not None) if any(texts) else None,
        exact=all(part.exact and part.text is not None for part in all_parts),
        paths=tuple(path for part in all_parts for path in part.paths),
        secret=any(part.secret for part in all_parts),
    )
