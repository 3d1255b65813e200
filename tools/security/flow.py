"""What decides which commands run, and how often: pipelines, branches, loops, functions."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from tools.security.arithmetic import SUBSTITUTED
from tools.security.commands import Commands
from tools.security.environment import assigned
from tools.security.expansion import expand
from tools.security.finding import danger, deny
from tools.security.scope import Scope
from tools.security.syntax import SUBSTITUTIONS, below
from tools.security.words import NOTHING, OUTSIDE, Data, Word, unknown

if TYPE_CHECKING:
    from tree_sitter import Node


_ENDLESS = re.compile(r"(while\s+(true|:|\[ 1 \]|\[\[ 1 \]\])|until\s+false|for\s*\(\(\s*;\s*;)")
_ENDS = re.compile(r"\b(break|exit|return)\b")


class Flow(Commands):
    """A block that knows every kind of statement."""

    def visit(self, node: "Node", stdin: Data) -> Data:
        self.walker.step()
        handler = _HANDLERS.get(node.type)
        return handler(self, node, stdin) if handler else self.children(node, stdin)

    def continued(self, node: "Node") -> bool:
        return node.type in _HANDLERS

    def branches(self, node: "Node", stdin: Data) -> Data:
        before = dict(self.scope.variables)
        result = self.children(node, stdin)
        self.scope.meet(before)
        return result

    def loop(self, node: "Node", stdin: Data) -> Data:
        """Twice: what one round sets, the next one sees."""
        text = self.source.of(node)
        if _ENDLESS.match(text) and not _ENDS.search(text):
            if re.search(r"(?<![&>|])&(?![&>\d])", text):
                self._find(deny("it starts processes without end"))
            self._find(danger("a loop that never ends by itself"))
        self.branches(node, stdin)
        return self.branches(node, stdin)

    def each(self, node: "Node", stdin: Data) -> Data:
        if node.children[0].type == "select":
            self._find(danger("select waits for a person to choose"))
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        values: list[Word] = []
        for child in node.children:
            if child is body or child in (body, name) or child.type in ("for", "in", "do"):
                continue
            if child.is_named:
                for scope in self.scope.choices(self.source.of(child)):
                    values += expand(child, self.reader(scope))
        if name is not None:
            words = tuple(dict.fromkeys(values)) or (unknown("$@"),)
            self.scope.assign(self.source.of(name), *words)
        return self.loop(body, stdin) if body is not None else NOTHING

    def function(self, node: "Node", stdin: Data) -> Data:  # noqa: ARG002 - a handler gets both
        name = self.source.of(node.child_by_field_name("name") or node.named_children[0])
        body = node.child_by_field_name("body") or node.named_children[-1]
        self.scope.functions[name] = (self.source, body, ())
        self.defined.append((name, body))
        return NOTHING

    def tested(self, node: "Node", stdin: Data) -> Data:  # noqa: ARG002 - a handler gets both
        for inner in below(node, SUBSTITUTIONS):
            if self.substitute(inner, self.source, self.scope).origin in OUTSIDE:
                self.scope.outside.add(SUBSTITUTED)
        return NOTHING

    def unset(self, node: "Node", stdin: Data) -> Data:
        for child in node.named_children:
            name = re.sub(r"[\"']|\[.*", "", self.source.of(child))
            self._find(*assigned(name, unknown(name)))
            self.scope.variables.pop(name, None)
            self.scope.arrays.pop(name, None)
        return self.tested(node, stdin)

    def assigned(self, node: "Node", stdin: Data) -> Data:  # noqa: ARG002 - a handler gets both
        self.assignment(node)
        return NOTHING

    def case(self, node: "Node", stdin: Data) -> Data:
        for child in node.named_children:
            if child.type == "case_item":
                self.branches(child, stdin)
            else:
                list(self.reader(self.scope).atoms(child))
        return Data()

    def word(self, node: "Node", stdin: Data) -> Data:  # noqa: ARG002 - a handler gets both
        """A word that stands where a command may: a pattern, or what an error left over."""
        list(self.reader(self.scope).atoms(node))
        return NOTHING

    def subshell(self, node: "Node", stdin: Data) -> Data:
        inner = self.inner(self.source, self.scope.copy())
        result = inner.children(node, stdin)
        self.join(inner)
        return result

    def _unused(self, body: "Node", scope: Scope) -> None:
        inner = self.inner(self.source, scope)
        inner.visit(body, Data())
        inner.uncalled()

    def uncalled(self) -> None:
        """A function that nothing here calls is judged with arguments that are not known."""
        for name, body in self.defined:
            if name not in self.called:
                scope = self.scope.copy()
                scope.positional = None
                found = self.walker.apart(partial(self._unused, body, scope))
                self.walker.find(*(each.within(f"{name}()") for each in found))


Handler = Callable[[Flow, "Node", Data], Data]
_HANDLERS: Mapping[str, Handler] = {
    "command": Flow.simple,
    "redirected_statement": Flow.redirected,
    "pipeline": Flow.piped,
    "list": Flow.either,
    "subshell": Flow.subshell,
    "if_statement": Flow.branches,
    "else_clause": Flow.branches,
    "elif_clause": Flow.branches,
    "while_statement": Flow.loop,
    "for_statement": Flow.each,
    "c_style_for_statement": Flow.loop,
    "case_statement": Flow.case,
    "function_definition": Flow.function,
    "declaration_command": Flow.declaration,
    "unset_command": Flow.unset,
    "test_command": Flow.tested,
    "variable_assignment": Flow.assigned,
    "word": Flow.word,
    "string": Flow.word,
    "concatenation": Flow.word,
    "expansion": Flow.word,
    "simple_expansion": Flow.word,
    "command_substitution": Flow.word,
    "process_substitution": Flow.word,
    "extglob_pattern": Flow.word,
    "raw_string": Flow.word,
}
