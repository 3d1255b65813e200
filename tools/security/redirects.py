"""Redirects: what a command reads from and writes to besides its words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tools.security.atoms import Reader
from tools.security.escapes import double_quoted
from tools.security.expansion import expand, value_of
from tools.security.finding import Finding, deny
from tools.security.invocation import Invocation, Recursion
from tools.security.paths import matches, reads_secret, resolve, writes
from tools.security.places import DEVICES
from tools.security.scope import Scope
from tools.security.words import NOTHING, Data, Origin, Word, worst

if TYPE_CHECKING:
    from tree_sitter import Node

STARTS = re.compile(
    r"/etc/cron.*|/var/spool/cron/.*|.*/\.(bashrc|profile|bash_profile|bash_login|zshrc|bash_logout)"
    r"|/etc/(profile|bash\.bashrc|rc\.local|environment)|/etc/profile\.d/.*|.*/\.config/autostart/.*"
)
"""Files whose text is run by others."""


@dataclass(frozen=True, slots=True)
class Written:
    word: Word
    shown: str

    def judge(self, scope: Scope, walker: Recursion, data: Data) -> Iterator[Finding]:
        call = Invocation(self.shown, (), scope, data, walker)
        path = resolve(self.word, scope) or ""
        yield from writes(call, self.word, self.shown)
        if re.match(r"/dev/(tcp|udp)/", path):
            yield deny(f"{self.shown} {self.word.text} opens a connection from the shell")
        if path:
            scope.files[path] = replace(data, origin=worst(["file", data.origin]))
        if data.text and STARTS.fullmatch(path.replace("~", "/root", 1)):
            text = re.sub(r"(?m)^\s*(?:[-*/,0-9]+\s+){5}(?:root\s+)?", "", data.text)
            yield from (f for f in call.script(text, NOTHING) if f.level == "deny")
        if data.text and path.startswith("/etc/systemd/"):
            for line in re.findall(r"(?m)^Exec\w+=[-@+!:]*(.*)$", data.text):
                yield from (f for f in call.script(line, NOTHING) if f.level == "deny")
        if data.opaque and STARTS.fullmatch(path):
            yield deny(f"{self.shown} {self.word.text}: what others run comes from elsewhere")


@dataclass(slots=True)
class Redirects:
    """What surrounds one command."""

    stdin: Data | None = None
    written: list[Written] = field(default_factory=list[Written])
    keeps_output: bool = True
    opened: dict[str, Data] = field(default_factory=dict[str, Data])
    """What is read, by the number of its descriptor."""
    more: list[Word] = field(default_factory=list[Word])
    read: list[Word] = field(default_factory=list[Word])
    """Files that are read, until somebody has looked at their names."""
    given: dict[str, tuple[Word, ...]] = field(default_factory=dict[str, tuple[Word, ...]])
    """``X=1 command``: what is set for the command alone."""


def redirects(node: "Node", reader: Reader, made: Redirects, more: "list[Node]") -> None:
    """Add one redirect to *made*; words that the grammar counts to it go to *more*."""
    match node.type:
        case "file_redirect":
            _file(node, reader, made, more)
        case "herestring_redirect":
            word = value_of(node.named_children[-1], reader)
            made.stdin = Data(word.origin, word.literal, secret=word.secret)
        case _:
            _document(node, reader, made, more)


def _file(node: "Node", reader: Reader, made: Redirects, more: "list[Node]") -> None:
    operator = next((c.type for c in node.children if not c.is_named), "")
    targets = [c for c in node.named_children if c.type != "file_descriptor"]
    descriptor = next(
        (reader.source.of(c) for c in node.named_children if c.type == "file_descriptor"), "1"
    )
    if not targets:
        return
    target, *others = targets
    more += others
    word = value_of(target, reader)
    if target.type == "process_substitution":
        expand(target, reader)
    if operator.startswith("<") and operator != "<>":
        _read(word, operator, descriptor, reader.scope, made)
    elif not (operator == ">&" and re.fullmatch(r"\d+-?|-", word.text)):
        made.written.append(Written(word, operator))
        made.keeps_output = made.keeps_output and descriptor == "2"


def _read(word: Word, operator: str, descriptor: str, scope: Scope, made: Redirects) -> None:
    """``< file`` and ``<&3``, also with the number of a descriptor before it."""
    number = "0" if descriptor == "1" else descriptor
    if operator == "<&":
        data = scope.descriptors.get(word.text.rstrip("-"), Data())
    else:
        data = _given(word, scope)
        made.read.append(word)
        if (resolve(word, scope) or "").startswith(("/dev/tcp/", "/dev/udp/")):
            made.written.append(Written(word, operator))
    if number == "0":
        made.stdin = data
    made.opened[number] = data


def _given(word: Word, scope: Scope) -> Data:
    path = resolve(word, scope)
    if path is None:
        return scope.files.get(word.text) or Data(word.origin, secret=word.secret)
    if path in scope.fifos:
        return Data("network")
    if path in scope.files:
        return scope.files[path]
    if path == "/dev/null":
        return NOTHING
    return Data("file", secret=reads_secret(word, scope) or matches(path, DEVICES))


def _document(node: "Node", reader: Reader, made: Redirects, more: "list[Node]") -> None:
    start = next((c for c in node.children if c.type == "heredoc_start"), None)
    body = next((c for c in node.children if c.type == "heredoc_body"), None)
    quoted = start is not None and bool(set(reader.source.of(start)) & set("'\"\\"))
    text = reader.source.of(body) if body is not None else ""
    if node.children and node.children[0].type == "<<-":
        text = re.sub(r"(?m)^\t+", "", text)
    for child in node.named_children:
        if child.type == "file_redirect":
            _file(child, reader, made, more)
        elif child.type in ("word", "string", "raw_string", "concatenation", "number"):
            more.append(child)
    if quoted or body is None:
        made.stdin = Data("system", text)
    else:
        made.stdin = _expanded(body, reader)


def _expanded(body: "Node", reader: Reader) -> Data:
    """The text of a here-document in which substitutions work."""
    if not body.named_child_count:
        list(reader.overlooked(reader.source.of(body)))
    at, parts, exact = body.start_byte, list[str](), True
    origins: list[Origin] = []
    secret = False
    for child in body.named_children:
        if child.type == "heredoc_content":
            list(reader.overlooked(reader.source.of(child)))
            continue
        parts.append(double_quoted(reader.source.cut(at, child.start_byte)))
        word = value_of(child, reader)
        parts.append(word.literal if word.literal is not None else " ")
        if word.literal is None:
            exact = False
            origins.append(word.origin)
        secret = secret or word.secret
        at = child.end_byte
    parts.append(double_quoted(reader.source.cut(at, body.end_byte)))
    return Data(worst(origins), "".join(parts), exact, secret=secret)
