"""Commands, their redirects and assignments, as a script holds them."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, Self

from tools.security.atoms import Reader
from tools.security.environment import assigned
from tools.security.expansion import expand, value_of
from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Recursion
from tools.security.paths import reading
from tools.security.redirects import Redirects, redirects
from tools.security.reserved import waits, without_reserved
from tools.security.scope import MOST, Scope
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

    def opened(self, node: "Node") -> Data:
        """``$(< file)``: what the file holds."""
        made = Redirects()
        words_of: list[Node] = []
        self.redirect(node, made, words_of)
        self._inputs(made)
        printed = self.run(words_of, made, NOTHING)
        return printed if words_of or made.stdin is None else made.stdin

    def simple(self, node: "Node", stdin: Data) -> Data:
        """A command; its assignments, redirects and words."""
        return self._extended(node, Redirects(), [], stdin)

    def run(self, nodes: Sequence["Node"], made: Redirects, stdin: Data) -> Data:
        text = " ".join(self.source.of(node) for node in nodes)
        self._inputs(made)
        outputs: list[Data] = []
        inherited = self.scope.descriptors.get("0", NOTHING)
        given = made.stdin or (stdin if stdin is not NOTHING else inherited)
        self.scope.stdin = given
        for scope in self.scope.choices(text):
            self.walker.step()
            reader = self.reader(scope)
            words = [word for node in nodes for word in expand(node, reader)]
            words += made.more
            if waits(words):
                self._find(danger("what goes on beside the rest is not followed here"))
            words = list(without_reserved(words))
            if [word.text for word in words] == ["exec"]:
                self.scope.descriptors |= made.opened
            before = scope.prefixed(made.given)
            self._started(words, scope, given, outputs)
            scope.restore(before)
            if scope is not self.scope:
                self._merge(scope)
            self._redirected_output(made, outputs)
        return merged(outputs)

    def _started(
        self, words: Sequence[Word], scope: Scope, stdin: Data, outputs: list[Data]
    ) -> None:
        if words and words[0].text in scope.functions:
            self.called.add(words[0].text)
            before = dict(scope.variables)
            self.walker.function(scope, words, stdin)
            scope.meet(before)
            outputs.append(Data())
        elif words and words[0].literal == "alias":
            self.alias(words)
        else:
            outputs.append(self.walker.words(words, scope, stdin))

    def _inputs(self, made: Redirects) -> None:
        """What redirects read may be secret, whoever then reads it."""
        while made.read:
            word = made.read.pop()
            self._find(*reading(Invocation("<", (), self.scope, NOTHING, self.walker), word))

    def _merge(self, chosen: Scope) -> None:
        """What a command set with one choice of values is one possibility more."""
        for name, values in chosen.variables.items():
            known = self.scope.variables.get(name, ())
            if added := [value for value in values if value not in known]:
                self.scope.variables[name] = (*known, *added)[:MOST]

    def _redirected_output(self, made: Redirects, outputs: list[Data]) -> None:
        for target in made.written:
            found = list(target.judge(self.scope, self.walker, outputs[-1] if outputs else NOTHING))
            self._find(*found)
            if found:
                self.walker.changing.append((target.shown,))
        if made.written and outputs and not made.keeps_output:
            outputs[-1] = NOTHING

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
                name, equals, _ = word.text.partition("=")
                if re.match(r"[-+]", name):
                    exported = exported or "x" in name
                    if set(name) & set("nlu"):
                        self._find(danger(f"what {name} makes of variables is not followed here"))
                elif equals:
                    value = word.after(len(name) + 1) if len(word.start) > len(name) else word
                    self._find(*assigned(name, value, exported=exported))
                    self.scope.assign(name, value)
                elif exported and name in self.scope.variables:
                    for value in self.scope.variables[name]:
                        self._find(*assigned(name, value, exported=True))
        return NOTHING

    def redirect(self, node: "Node", made: Redirects, more: list["Node"]) -> None:
        redirects(node, self.reader(self.scope), made, more)

    def redirected(self, node: "Node", stdin: Data) -> Data:
        """``command > file``, also around loops and groups."""
        made = Redirects()
        more: list[Node] = []
        for child in node.children:
            if child.type.endswith("_redirect"):
                self.redirect(child, made, more)
        bodies = [c for c in node.named_children if not c.type.endswith("_redirect")]
        given = made.stdin or stdin
        self._inputs(made)
        if not bodies:
            result = self.run(more, made, given)
        elif bodies[0].type == "command":
            result = self._extended(bodies[0], made, more, given)
        else:
            result = self.visit(bodies[0], given)
            outputs = [result]
            self._redirected_output(made, outputs)
            result = outputs[-1]
        return self._after_heredoc(node, result)

    def _extended(self, node: "Node", made: Redirects, more: list["Node"], stdin: Data) -> Data:
        words_of: list[Node] = []
        for child in node.children:
            if child.type == "variable_assignment":
                name, values = self.assignment(child, alone=False)
                made.given[name] = values
            elif child.type.endswith("_redirect"):
                self.redirect(child, made, words_of)
            elif child.is_named or child.type not in ("", ";"):
                words_of.append(child)
        return self.run([*words_of, *more], made, stdin)

    def _after_heredoc(self, node: "Node", result: Data) -> Data:
        """What stands behind ``<<E`` on its line is a part of the redirect in the grammar."""
        for redirect in node.named_children:
            if redirect.type != "heredoc_redirect":
                continue
            for child in redirect.named_children:
                if child.type == "pipeline":
                    result = self.piped(child, result)
                elif self.continued(child):
                    result = merged((result, self.visit(child, NOTHING)))
        return result

    def piped(self, node: "Node", stdin: Data) -> Data:
        """A pipeline: what one command prints, the next one reads."""
        data = stdin
        for child in node.named_children:
            if child.type == "comment":
                continue
            data = self.apart(child, data)
        return data
