"""find: what it does with what it finds."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger
from tools.security.invocation import Invocation, Judge
from tools.security.output import found_by
from tools.security.paths import below, destroys, reading, writes
from tools.security.words import NOTHING, Hole, Word, plain

_ACTIONS = {"-exec", "-execdir", "-ok", "-okdir"}
_FIND_WRITES = {"-fprint", "-fprint0", "-fprintf", "-fls"}


def _find(call: Invocation) -> Iterator[Finding]:
    words = list(call.args)
    roots: list[Word] = []
    while words and not words[0].text.startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    while words and re.fullmatch(r"-[HLPO]\d?|-D", words[0].text):
        words.pop(0)
        while words and not words[0].text.startswith(("-", "(", "!")):
            roots.append(words.pop(0))
    roots = roots or [plain(".")]
    narrowed = any(w.text in _NARROW for w in words)
    index = 0
    while index < len(words):
        text = words[index].text
        if text == "-delete":
            yield from _deleted(call, roots, narrowed=narrowed)
        elif text in _FIND_WRITES and index + 1 < len(words):
            yield from writes(call, words[index + 1], f"find {text}")
        elif text == "-files0-from":
            yield danger("find -files0-from reads where to look from a file")
        elif text in _ACTIONS:
            end = next(
                (i for i in range(index, len(words)) if words[i].text in (";", "+")), len(words)
            )
            yield from _executed(call, words[index + 1 : end], roots)
            index = end
        elif words[index].may_be_option and words[index].holes:
            yield danger(f"find: {text} may be an action")
        index += 1
    for root in roots:
        if any(w.text.startswith("-exec") for w in words):
            yield from reading(call, root)


_NARROW = {
    "-name", "-iname", "-path", "-ipath", "-regex", "-iregex", "-mtime", "-mmin", "-atime", "-ctime",
    "-size", "-empty", "-user", "-group", "-newer", "-newermt", "-perm", "-inum", "-nouser", "-amin",
}  # fmt: skip


def _deleted(call: Invocation, roots: list[Word], *, narrowed: bool) -> Iterator[Finding]:
    yield danger("find -delete deletes what it finds")
    for root in roots:
        for found in destroys(call, root, "find -delete"):
            shallow = root.text.rstrip("/").count("/") >= 2 and root.text.startswith("/var/")
            if not (narrowed and shallow) and not (narrowed and root.text.startswith("/tmp")):
                yield found


def _executed(call: Invocation, words: list[Word], roots: list[Word]) -> Iterator[Finding]:
    for root in roots:
        item = Word((*root.pieces, Hole("glob", "/**")))
        pieces = [_filled(word, item) for word in words]
        yield from (each for each in call.command(pieces, NOTHING) if not each.secret)
    # Secrets are told by the names that its tests leave.
    items = [item for item in found_by(call) if "/…/" in item.text]
    whole = [below(root, call.scope) or Word((*root.pieces, "/…")) for root in roots]
    for item in items or whole:
        found = call.command([_filled(word, item) for word in words], NOTHING)
        yield from (each for each in found if each.secret)


def _filled(word: Word, item: Word) -> Word:
    if word.literal is None or "{}" not in word.literal:
        return word
    if word.literal == "{}":
        return item
    before, _, after = word.literal.partition("{}")
    return Word(tuple(p for p in (before, Hole("system", "{}"), after) if p != ""))


PROGRAMS: Mapping[str, Judge] = {"find": _find}
