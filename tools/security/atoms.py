"""The pieces of one word before bash has expanded it: quoted and unquoted text, and holes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.security.arithmetic import SUBSTITUTED
from tools.security.computed import computed
from tools.security.escapes import ansi_c, double_quoted, unquoted
from tools.security.parameters import Parameter, parameter
from tools.security.scope import Scope
from tools.security.syntax import SUBSTITUTIONS, Source, below
from tools.security.words import OUTSIDE, Data, Hole, Word, worst

if TYPE_CHECKING:
    from tree_sitter import Node

LITERAL = frozenset(
    {
        "word",
        "number",
        "variable_name",
        "extglob_pattern",
        "regex",
        "brace_expression",
        "test_operator",
        "file_descriptor",
        "special_variable_name",
        "heredoc_content",
        "string_content",
    }
)


@dataclass(frozen=True, slots=True)
class Quoted:
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable or a substitution gave."""

    word: Word
    split: bool
    """It stands outside quotes, so blanks in it part words."""


@dataclass(frozen=True, slots=True)
class Several:
    """``"$@"`` and arrays: a word each."""

    words: tuple[Word, ...]


Atom = str | Quoted | Value | Several
Substitute = Callable[["Node", Source, Scope], Data]
"""Judges what stands in a substitution, and says what it gives."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Takes words apart."""

    source: Source
    scope: Scope
    substitute: Substitute

    def atoms(self, node: "Node", *, quoted: bool = False) -> Iterator[Atom]:
        kind = node.type
        if kind in LITERAL and not node.named_child_count:
            text = self.source.of(node)
            yield from self.overlooked(text)
            yield from [Quoted(double_quoted(text))] if quoted else unquoted_atoms(text)
        elif kind == "raw_string":
            yield Quoted(self.source.of(node)[1:-1])
        elif kind == "ansi_c_string":
            yield Quoted(ansi_c(self.source.of(node)[2:-1]))
        elif kind == "string":
            yield from self.string(node)
        elif kind in ("concatenation", "translated_string", "command_name", "array"):
            for child in node.children:
                yield from self.atoms(child, quoted=quoted)
        else:
            yield from self._expanded(node, quoted=quoted)

    def overlooked(self, text: str) -> Iterator[Atom]:
        """Substitutions that the grammar takes for text, as in here-documents."""
        if "`" not in text and "$(" not in text:
            return
        for found in _OVERLOOKED.finditer(text):
            source = Source(f"x={found[0]}")
            for node in below(source.root, SUBSTITUTIONS):
                data = self.substitute(node, source, self.scope)
                yield Value(Word((Hole(data.origin, found[0], data.secret),)), split=False)

    def string(self, node: "Node") -> Iterator[Atom]:
        """Blanks between expansions belong to no node, so what lies between nodes is text."""
        yield Quoted("")
        at = node.start_byte + 1
        for child in node.children:
            if not child.is_named or child.type == "string_content":
                continue
            start = self._start(child)
            yield Quoted(double_quoted(self.source.cut(at, start)))
            yield from self.atoms(child, quoted=True)
            at = child.end_byte
        yield Quoted(double_quoted(self.source.cut(at, node.end_byte - 1)))

    def _start(self, node: "Node") -> int:
        """The grammar counts blanks before ``$(`` in a string to what follows them."""
        text = self.source.of(node)
        return node.start_byte + len(text) - len(text.lstrip())

    def _expanded(self, node: "Node", *, quoted: bool) -> Iterator[Atom]:
        kind = node.type
        if kind in SUBSTITUTIONS:
            yield self._substituted(node, split=not quoted)
            return
        if kind in ("simple_expansion", "expansion"):
            yield from self._parameter(node, quoted=quoted)
            return
        for inner in below(node, SUBSTITUTIONS):
            if self.substitute(inner, self.source, self.scope).origin in OUTSIDE:
                self.scope.outside.add(SUBSTITUTED)
        text = self.source.of(node).strip()
        if kind == "arithmetic_expansion":
            yield Value(Word((Hole("system", text),)), split=False)
        elif node.is_named:
            yield Value(Word((Hole("unknown", text),)), split=not quoted)
        elif text:
            yield text

    def _substituted(self, node: "Node", *, split: bool) -> Atom:
        data = self.substitute(node, self.source, self.scope)
        if data.text is not None and data.exact and node.type == "command_substitution":
            return Value(Word((data.text.rstrip("\n"),)), split)
        if data.paths and all(path.start.startswith("/") for path in data.paths):
            return Several(data.paths)
        shown = self.source.of(node).strip()
        if node.type == "process_substitution":
            shown = f"/dev/fd/{shown}"
            self.scope.files[shown] = data
        return Value(Word((Hole(data.origin, shown, data.secret),)), split)

    def _parameter(self, node: "Node", *, quoted: bool) -> Iterator[Atom]:
        found = parameter(self.source.of(node).strip())
        inner = [
            self.substitute(each, self.source, self.scope) for each in below(node, SUBSTITUTIONS)
        ]
        if not inner:
            list(self.overlooked(self.source.of(node)))
        hole = Hole("unknown", found.shown, any(data.secret for data in inner))
        value = self._value(node, found, hole)
        if isinstance(value, Several):
            yield value if quoted or len(value.words) != 1 else Value(value.words[0], split=True)
        else:
            yield Value(value, split=not quoted)

    def _value(self, node: "Node", found: Parameter, hole: Hole) -> Word | Several:
        scope, name = self.scope, found.name
        if name in ("@", "*") or found.whole:
            words = scope.positional if name in ("@", "*") else scope.arrays.get(name, ())
            if words is None or found.operator:
                return Word((Hole("decoded", found.shown) if words else hole,))
            return Several(words)
        if name.isdigit() and int(name):
            return self._positional(int(name), hole)
        if not name or found.indirect:
            return Word((Hole("decoded", found.shown) if found.indirect else hole,))
        if found.length:
            return Word((Hole("system", found.shown),))
        if found.index:
            return self._element(found, hole)
        return self._operated(node, found, scope.value(name), hole)

    def _positional(self, number: int, hole: Hole) -> Word:
        words = self.scope.positional
        if words is None:
            return Word((hole,))
        return words[number - 1] if number <= len(words) else Word((Hole("unset", hole.shown),))

    def _operated(self, node: "Node", found: Parameter, value: Word, hole: Hole) -> Word:
        unset = any(each.origin == "unset" for each in value.holes)
        match found.operator.removeprefix(":"):
            case "":
                return value if found.operator == "" else self._made(found, value)
            case "-" | "=" | "?" | "+":
                return self._either(node, found, value if not unset else None, hole)
            case "@" if value.literal is not None and found.shown.endswith("@P}"):
                list(self.overlooked(value.literal))
                return Word((Hole("decoded", found.shown),))
            case _:
                return self._made(found, value)

    def _either(self, node: "Node", found: Parameter, value: Word | None, hole: Hole) -> Word:
        """``${x:-y}`` and ``${x:=y}`` of what is never set are ``y``. *value*: None when unset."""
        if found.operator.endswith("+"):
            return self._default(node, hole) if value else Word(("",))
        if value is not None:
            return value
        word = self._default(node, hole)
        if found.operator.endswith("="):
            self.scope.assign(found.name, word)
        return word

    def _made(self, found: Parameter, value: Word) -> Word:
        """``${x%y}`` and the like."""
        if value.literal is not None:
            made = computed(value.literal, found.shown)
            return Word((Hole("decoded", found.shown) if made is None else made,))
        kept = found.operator[0] in "#%" and value.origin in ("system", "glob", "home")
        origin = value.origin if kept else worst(["unknown", value.origin])
        return Word((Hole(origin, found.shown, value.secret),))

    def _element(self, found: Parameter, hole: Hole) -> Word:
        """``${x[2]}``"""
        words, index = self.scope.arrays.get(found.name), found.index
        if not re.fullmatch(r"-?\d+", index) or found.operator:
            return Word((Hole("decoded" if words else "unknown", found.shown),))
        if words is None:
            return self.scope.value(found.name) if index == "0" else Word((hole,))
        at = int(index)
        if -len(words) <= at < len(words):
            return words[at]
        return Word((Hole("decoded", found.shown),))

    def _default(self, node: "Node", hole: Hole) -> Word:
        texts: list[str] = []
        for child in node.children[3:-1]:
            for atom in self.atoms(child):
                match atom:
                    case str():
                        texts.append(atom)
                    case Quoted(text):
                        texts.append(text)
                    case Value(word) if word.literal is not None:
                        texts.append(word.literal)
                    case _:
                        return Word((hole,))
        return Word(("".join(texts),))


_OVERLOOKED = re.compile(r"(?<!\\)(?:`(?:[^`\\]|\\.)*`|\$\([^()]*\))", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def unquoted_atoms(text: str) -> Iterator[Atom]:
    """Plain text, in which a backslash quotes the next character."""
    at = 0
    for found in _ESCAPED.finditer(text):
        yield text[at : found.start()]
        yield Quoted(unquoted(found[1]))
        at = found.end()
    yield text[at:]
