"""The syntax tree of a script, by tree-sitter's grammar of bash."""

import re
from collections.abc import Iterator

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

# The grammar's scanner asks isalpha(3) of every character, which reads anywhere in memory for one
# that is no byte: a word of foreign letters ends the process. To bash they are plain letters of a
# word, so the parser is shown a plain one for each of their bytes, and the text is cut from ours.
_FOREIGN = re.compile(rb"[\x80-\xff]")
_BASH = Language(tree_sitter_bash.language())
SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})


class Source:
    """A script and its tree. Nodes count in bytes. Each has a parser of its own: pools read too."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode("utf-8", "replace")
        self.root = Parser(_BASH).parse(_FOREIGN.sub(b"%", self.data)).root_node

    def cut(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")

    def of(self, node: Node) -> str:
        return self.cut(node.start_byte, node.end_byte)


def below(node: Node, kinds: frozenset[str]) -> Iterator[Node]:
    """The outermost nodes of these kinds under *node*, in order."""
    stack = list(reversed(node.children))
    while stack:
        each = stack.pop()
        if each.type in kinds:
            yield each
        else:
            stack.extend(reversed(each.children))


def kinds_in(node: Node) -> Iterator[str]:
    """The type of every node, named or not."""
    cursor = node.walk()
    while True:
        current = cursor.node
        assert current is not None
        yield current.type
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return
