"""Commands, their redirects and assignments, as a script holds them."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, Self

from tools.security.atoms import Reader
from tools.security.environment import assigned
from tools.security.expansion import expand, value_of
from tools.security.finding import Finding, danger
from tools.security.invocation import Recursion
from tools.security.scope import Scope
from tools.security.syntax import SUBSTITUTIONS, Source, below
from tools.security.words import NOTHING, Data, Word, merged, plain, unknown

if TYPE_CHECKING:
    from tree_sitter import Node


class Walk(Recursion, Protocol):
    """The walker, as far as a block needs it."""

    changing: list[tuple[str, ...]]

    def find(self, *found: Finding) -> None: ...
    def step(self) -> None:
        """Raises when there were too many."""
        ...

    def apart(self, work: Callable[[], object]) -> list[Finding]:
        """What is found while *work* is done."""
        ...

    def walk(self, text: str, scope: Scope, stdin: Data = NOTHING) -> Data: ...
    def words(self, words: Sequence[Word], scope: Scope, stdin: Data) -> Data: ...
    def function(self, scope: Scope, words: Sequence[Word], stdin: Data) -> Data: ...


class Block:
    """The commands of one script or function body, in one scope."""

    def __init__(self, walker: Walk, source: Source, scope: Scope) -> None:
        self.walker = walker
        self.source = source
        self.scope = scope
        self.defined: list[tuple[str, Node]] = []
        self.called: set[str] = set()

    def visit(self, node: "Node", stdin: Data) -> Data:
        """Judge what *node* holds; what it prints."""
        raise NotImplementedError

    def continued(self, node: "Node") -> bool:
        """Whether *node* is a command, and no word of one."""
        raise NotImplementedError

    def opened(self, node: "Node") -> Data:
        """``$(< file)``: what the file holds; *node* is the redirect."""
        raise NotImplementedError

    def uncalled(self) -> None:
        """Judge the functions that nothing here calls."""
        raise NotImplementedError

    def join(self, inner: "Block") -> None:
        """What a subshell defines and calls is not forgotten."""
        self.called |= inner.called
        self.defined += inner.defined
        self.scope.files |= inner.scope.files
        self.scope.fifos |= inner.scope.fifos

    def inner(self, source: Source, scope: Scope) -> Self:
        return type(self)(self.walker, source, scope)

    def children(self, node: "Node", stdin: Data) -> Data:
        """One statement after the other."""
        parts: list[Data] = []
        for child in node.children:
            if not child.is_named or child.type == "comment":
                continue
            behind = child.next_sibling
            if behind is not None and behind.type == "&":
                parts.append(self.apart(child, stdin))
            else:
                parts.append(self.visit(child, stdin))
        return merged(parts)

    def apart(self, node: "Node", stdin: Data) -> Data:
        """In a shell of its own, which takes along what it sets."""
        inner = self.inner(self.source, self.scope.copy())
        result = inner.visit(node, stdin)
        self.join(inner)
        return result

    def either(self, node: "Node", stdin: Data) -> Data:
        """``a && b || c``: each may fail, and then those behind it may not run.

        Within a chain of ``&&`` what runs has seen all before it succeed."""
        parts: list[Data] = []
        failed: list[dict[str, tuple[Word, ...]]] = []
        begun = dict(self.scope.variables)
        pending = list(node.children)
        while pending:
            child = pending.pop(0)
            if child.type == "list":
                pending[:0] = child.children
            elif child.type == "||":
                failed += [begun, dict(self.scope.variables)]
                self._met(failed)
            elif child.type == "&&":
                failed.append(dict(self.scope.variables))
            elif child.is_named and child.type != "comment":
                parts.append(self.visit(child, stdin))
        self._met(failed)
        return merged(parts)

    def _met(self, failed: list[dict[str, tuple[Word, ...]]]) -> None:
        for before in failed:
            self.scope.meet(before)

    def _find(self, *found: Finding) -> None:
        self.walker.find(*found)

    def reader(self, scope: Scope) -> Reader:
        return Reader(self.source, scope, self.substitute)

    def substitute(self, node: "Node", source: Source, scope: Scope) -> Data:
        """Judge what stands in a substitution."""
        text = source.of(node).strip()
        result: list[Data] = []
        inner = scope.copy()

        def work() -> None:
            if text.startswith("`") and "\\" in text:
                plain_text = re.sub(r"\\([\\`$])", r"\1", text[1:-1])
                result.append(self.walker.walk(plain_text, inner))
                return
            given = Data("unknown") if text.startswith(">(") else scope.stdin
            block = self.inner(source, inner)
            redirect = [c for c in node.named_children if c.type == "file_redirect"]
            if len(redirect) == node.named_child_count == 1:
                result.append(block.opened(redirect[0]))
            else:
                result.append(block.children(node, given))
            block.uncalled()

        kind = "substitution"
        self._find(*(each.within(kind) for each in self.walker.apart(work)))
        return result[0] if result else Data()

    def alias(self, words: Sequence[Word]) -> None:
        for word in words[1:]:
            name, _, value = word.text.partition("=")
            if value:
                self.scope.aliases[name] = plain(value)
                self._find(danger(f"alias {name} changes what a name means"))
                self._find(*self.walker.script(value, self.scope.copy(), NOTHING))

    def assignment(
        self, node: "Node", *, alone: bool = True, exported: bool = False
    ) -> tuple[str, tuple[Word, ...]]:
        """A name and its values; *alone*: the shell keeps them. *exported*: programs see them."""
        name_node = node.child_by_field_name("name")
        value_node = node.child_by_field_name("value")
        name = self.source.of(name_node).split("[")[0] if name_node else ""
        for inner in below(name_node, SUBSTITUTIONS) if name_node else ():
            self.substitute(inner, self.source, self.scope)
        text = self.source.of(value_node) if value_node else ""
        adds = any(child.type == "+=" for child in node.children)
        values: list[Word] = []
        for scope in self.scope.choices(text):
            reader = self.reader(scope)
            if value_node is not None and value_node.type == "array":
                items = [w for c in value_node.named_children for w in expand(c, reader)]
                known = self.scope.arrays.get(name, ()) if adds else ()
                self.scope.arrays[name] = (*known, *items)
                values.append(items[0] if items else plain(""))
            else:
                values.append(value_of(value_node, reader) if value_node else plain(""))
        if adds:
            before = self.scope.value(name)
            known = "" if before.origin == "unset" else before.pieces
            values = [Word((*known, *value.pieces)) for value in values]
        for value in values:
            self._find(*assigned(name, value, exported=not alone or exported))
        if name_node is not None and name_node.type == "subscript":
            self.scope.arrays[name] = (unknown(f"${{{name}[…]}}", "decoded"),)
        if alone:
            self.scope.assign(name, *values)
        return name, tuple(values)

    def declaration(self, node: "Node", stdin: Data) -> Data:  # noqa: ARG002 - a handler gets both
        """``export``, ``declare`` and the like."""
        exported = node.children[0].type == "export"
        for child in node.named_children:
            if child.type == "variable_assignment":
                self.assignment(child, exported=exported)
                continue
            for word in expand(child, self.reader(self.scope)):
                if word.text[:1] in ("-", "+"):
                    exported = exported or "x" in word.text
                    if set(word.text) & set("nlu"):
                        self._find(danger(f"what {word.text} makes of variables is not followed"))
                else:
                    self._declared(word, exported=exported)
        return NOTHING

    def _declared(self, word: Word, *, exported: bool) -> None:
        name, equals, _ = word.text.partition("=")
        if equals:
            value = word.after(len(name) + 1) if len(word.start) > len(name) else word
            self._find(*assigned(name, value, exported=exported))
            self.scope.assign(name, value)
        elif exported:
            for value in self.scope.variables.get(name, ()):
                self._find(*assigned(name, value, exported=True))
