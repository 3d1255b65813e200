"""Words as a program gets them: braces, tildes, variables, splitting and globs expanded."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tools.security.atoms import Atom, Quoted, Reader, Several, Value
from tools.security.words import MOST, Hole, Piece, Word, unknown

if TYPE_CHECKING:
    from tree_sitter import Node

_GLOB = re.compile(r"\*+|\?|\[[^]/]+\]|[@!+?*]\([^)]*\)")
_TILDE = re.compile(r"~([A-Za-z0-9_.+-]*)(?=/|$)")


def expand(node: "Node", reader: Reader) -> list[Word]:
    """The words that *node* becomes; none when it is empty."""
    atoms = list(reader.atoms(node))
    if len(atoms) == 1 and isinstance(atoms[0], str) and not set(atoms[0]) & set("{*?[~("):
        return [Word((atoms[0],))]
    return [word for each in braced(atoms) for word in _Fields(each).words]


def value_of(node: "Node", reader: Reader) -> Word:
    """As in an assignment or a redirect: one word, not split."""
    pieces: list[Piece] = []
    for atom in reader.atoms(node):
        match atom:
            case str():
                pieces += _globbed(atom)
            case Quoted(text):
                pieces.append(text)
            case Value(word):
                pieces += word.pieces
            case Several(words):
                pieces += _joined(words)
    return Word(tuple(_tilde(_fused(pieces), atom_is_text=reader.source.of(node).startswith("~"))))


def _joined(words: Sequence[Word]) -> Iterator[Piece]:
    for index, word in enumerate(words):
        if index:
            yield " "
        yield from word.pieces


class _Fields:
    """Words in the making: what was not quoted is split at blanks."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._plain = isinstance(atoms[0], str)
        self._pieces: list[Piece] = []
        self._begun = False
        self.words: list[Word] = []
        for atom in atoms:
            self._take(atom)
        self._end()

    def _take(self, atom: Atom) -> None:
        match atom:
            case str():
                self._add(_globbed(atom), begins=bool(atom))
            case Quoted(text):
                self._add([text], begins=True)
            case Value(word, split=False):
                self._add(word.pieces, begins=True)
            case Value(word):
                self._several((part, bool(part)) for part in _split(word))
            case Several(words):
                self._several((word.pieces, True) for word in words)

    def _several(self, parts: Iterable[tuple[Sequence[Piece], bool]]) -> None:
        for index, (pieces, begins) in enumerate(parts):
            if index:
                self._end()
            self._add(pieces, begins=begins)

    def _add(self, pieces: Iterable[Piece], *, begins: bool) -> None:
        self._pieces += pieces
        self._begun = self._begun or begins

    def _end(self) -> None:
        if self._begun:
            made = _tilde(_fused(self._pieces), atom_is_text=self._plain)
            self.words.append(Word(tuple(made)))
        self._pieces, self._begun = [], False


def _split(word: Word) -> Iterator[list[Piece]]:
    """An unquoted value: blanks part it, globs in it work, and what is empty vanishes."""
    current: list[Piece] = []
    for piece in word.pieces:
        if isinstance(piece, Hole):
            if piece.origin != "unset":
                current.append(piece)
            continue
        texts = re.split(r"[ \t\n]+", piece)
        current += _globbed(texts[0])
        for text in texts[1:]:
            yield current
            current = list(_globbed(text))
    yield current


def _fused(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring texts as one; no empty ones, unless there is nothing else."""
    fused: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and fused and isinstance(fused[-1], str):
            fused[-1] += piece
        elif piece != "":
            fused.append(piece)
    return fused or [""]


def _globbed(text: str) -> Iterator[Piece]:
    at = 0
    for found in _GLOB.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        yield Hole("glob", found[0])
        at = found.end()
    if at < len(text):
        yield text[at:]


def _tilde(pieces: list[Piece], *, atom_is_text: bool) -> list[Piece]:
    """``~`` and ``~name`` at the start of a word; ``~+`` and ``~-`` are not followed."""
    first = pieces[0]
    found = _TILDE.match(first) if atom_is_text and isinstance(first, str) else None
    if not found or not isinstance(first, str) or (len(pieces) > 1 and found[0] == first):
        return pieces
    rest: list[Piece] = [first[found.end() :]] if found.end() < len(first) else []
    if not found[1]:
        return [Hole("home", "~"), *rest, *pieces[1:]]
    home = "/root" if found[1] == "root" else f"/home/{found[1]}"
    return _fused([home, *rest, *pieces[1:]])


def braced(atoms: Sequence[Atom]) -> list[list[Atom]]:
    """``a{b,c}`` → ``ab ac``; ``{1..3}`` → ``1 2 3``. Too many words become one that is unknown."""
    plain = "".join(atom if isinstance(atom, str) else "\0" for atom in atoms)
    if "{" not in plain or not re.search(r"\{.*(,|\.\.).*\}", plain, re.DOTALL):
        return [list(atoms)]
    flat: list[Atom] = []
    for atom in atoms:
        flat += list(atom) if isinstance(atom, str) else [atom]
    made = _braces(flat, MOST)
    if len(made) < MOST:
        return made
    return [*made[: MOST - 1], [Value(unknown("{…}", "decoded"), split=False)]]


def _braces(flat: list[Atom], budget: int) -> list[list[Atom]]:
    opened = next((i for i, atom in enumerate(flat) if atom == "{" and _closing(flat, i)), None)
    if opened is None or budget <= 0:
        return [_texts(flat)]
    closed, commas = _closing(flat, opened) or (opened, [])
    bounds = [opened, *commas, closed]
    inner = [flat[a + 1 : b] for a, b in itertools.pairwise(bounds)]
    parts = inner if commas else _sequence(inner[0])
    made: list[list[Atom]] = []
    for part in parts:
        made += _braces([*flat[:opened], *part, *flat[closed + 1 :]], budget - len(made))
        if len(made) >= MOST:
            break
    return made


def _closing(flat: Sequence[Atom], opened: int) -> tuple[int, list[int]] | None:
    """Where the brace closes, and its commas; None when it is none that expands."""
    depth, commas = 0, list[int]()
    for index in range(opened, len(flat)):
        atom = flat[index]
        if atom == "{":
            depth += 1
        elif atom == "," and depth == 1:
            commas.append(index)
        elif atom == "}":
            depth -= 1
            if not depth:
                expands = commas or _sequence(list(flat[opened + 1 : index]))
                return (index, commas) if expands else None
    return None


_RANGE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?")


def _sequence(inside: list[Atom]) -> list[list[Atom]]:
    """``1..3``; of a long one its ends and a hole for the rest."""
    text = "".join(atom if isinstance(atom, str) else "\0" for atom in inside)
    found = _RANGE.fullmatch(text)
    if not found:
        return []
    ends = (found[1], found[2])
    if all(end.lstrip("-").isdigit() for end in ends):
        first, last = map(int, ends)
        if abs(last - first) < MOST:
            step = 1 if last >= first else -1
            return [[str(number)] for number in range(first, last + step, step)]
        return [[ends[0]], [ends[1]], [Value(Word((Hole("system", text),)), split=False)]]
    if len(ends[0]) == len(ends[1]) == 1:
        low, high = sorted(map(ord, ends))
        return [[chr(code)] for code in range(low, high + 1)]
    return []


def _texts(flat: Sequence[Atom]) -> list[Atom]:
    """Single characters joined again."""
    joined: list[Atom] = []
    for atom in flat:
        if isinstance(atom, str) and joined and isinstance(joined[-1], str):
            joined[-1] += atom
        else:
            joined.append(atom)
    return joined
