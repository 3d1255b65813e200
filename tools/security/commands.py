"""Simple commands and pipelines, with what is put before, behind and around them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.security.block import Block
from tools.security.expansion import expand
from tools.security.finding import danger
from tools.security.invocation import Invocation
from tools.security.paths import reading
from tools.security.redirects import Redirects, redirects
from tools.security.reserved import waits, without_reserved
from tools.security.scope import Scope
from tools.security.words import NOTHING, Data, Word, fewer, merged

if TYPE_CHECKING:
    from tree_sitter import Node


class Commands(Block):
    """A block that knows commands."""

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
                self.scope.variables[name] = fewer((*known, *added))

    def _redirected_output(self, made: Redirects, outputs: list[Data]) -> None:
        for target in made.written:
            found = list(target.judge(self.scope, self.walker, outputs[-1] if outputs else NOTHING))
            self._find(*found)
            if found:
                self.walker.changing.append((target.shown,))
        if made.written and outputs and not made.keeps_output:
            outputs[-1] = NOTHING

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
