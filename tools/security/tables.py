"""The words that the tables of programs are written in."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.security.addresses import is_foreign
from tools.security.finding import Finding, change, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.options import spec
from tools.security.paths import reading


def reads(writes: str = "", *, values: str = "", content: bool = True) -> Judge:
    """Reads, unless an option of *writes* is given. *values*: letters that take a value.

    *content*: it shows what files hold, so that secrets among its words count."""
    bad, takes = spec(writes), frozenset(values) | spec(writes).values

    def judge(call: Invocation) -> Iterator[Finding]:
        for word in call.args:
            text = word.text
            if text == "--":
                break
            if flaw := _writing(text, bad.flags | bad.values, takes, tuple(bad.long)):
                yield danger(f"{call.name} {flaw} does more than read")
            elif writes and word.may_be_option and word.holes:
                yield danger(f"{call.name}: {text} may be an option that writes")
        if content:
            for word in call.args:
                yield from reading(call, word)

    return judge


def _writing(
    text: str, letters: frozenset[str], takes: frozenset[str], long: tuple[str, ...]
) -> str:
    if text.startswith("--"):
        name = text.partition("=")[0]
        return name if any(each.startswith(name) for each in long) else ""
    if not text.startswith("-"):
        return ""
    for letter in text[1:]:
        if letter in letters:
            return f"-{letter}"
        if letter in takes:
            break
    return ""


def called(call: Invocation) -> str:
    """A command in few words, for a reason."""
    operand = next((text for text in call.texts if not text.startswith("-")), "")
    return f"{call.name} {operand}".strip()[:80]


READ = reads(content=False)
SHOW = reads()


def always(finding: Finding) -> Judge:
    def judge(call: Invocation) -> Iterator[Finding]:
        yield replace(finding, reason=f"{called(call)}: {finding.reason}")

    return judge


def changes(why: str) -> Judge:
    return always(change(why))


def dangerous(why: str) -> Judge:
    return always(danger(why))


def denied(why: str, instead: str = "a person does this by hand") -> Judge:
    return always(deny(why, instead))


def addresses(call: Invocation) -> Iterator[Finding]:
    """Words that make a program fetch what it reads."""
    for text in call.texts:
        if is_foreign(text):
            yield reaches(f"{call.name} reaches {text}")


def only(options: str, *, needs: str = "", content: bool = False) -> Judge:
    """Reads with these options and no other; expressions for one word each.

    *needs*: one of its words must match this."""

    def judge(call: Invocation) -> Iterator[Finding]:
        yield from addresses(call)
        for word in call.args:
            text = word.text
            if (text.startswith("-") and not re.fullmatch(options, text)) or word.may_be_option > (
                text.startswith("-")
            ):
                yield danger(f"{call.name} {text} is not known to read only")
            if content:
                yield from reading(call, word)
        if needs and not any(re.fullmatch(needs, text) for text in call.texts):
            yield danger(f"{called(call)} is not known to read only")

    return judge


def takes(table: str, *, content: bool = False, operands: str = r"(?s).*") -> Judge:
    """Reads with the options of an option table; what is not in it asks.

    *content*: what it names is shown. *operands*: what each of the other words must look like."""
    fits = re.compile(operands)

    def judge(call: Invocation) -> Iterator[Finding]:
        yield from addresses(call)
        found = call.options(table)
        for name in found.unknown:
            yield danger(f"{call.name} {name} is not known to read only")
        for word in call.args:
            if word.holes and word.may_be_option and not word.text.startswith("-"):
                yield danger(f"{call.name}: {word.text} may be an option")
            if content:
                yield from reading(call, word)
        for word in found.operands:
            if not fits.fullmatch(word.text):
                yield danger(f"{call.name} {word.text} is not known to read only")

    return judge


def verbs(
    table: Mapping[str, Judge],
    options: str = "",
    *,
    reading: str = "",
    alone: Judge = READ,
    other: str = "",
) -> Judge:
    """Judged by its first operand; keys of *table* are words parted by blanks.

    *options*: those before the verb. *reading*: those that READ verbs take besides.
    *alone*: with no verb. *other*: why unknown verbs ask."""
    reads_ = takes(f"{options} {reading}")
    by_verb = {
        verb: reads_ if judge is READ else judge
        for names, judge in table.items()
        for verb in names.split()
    }

    def judge(call: Invocation) -> Iterator[Finding]:
        yield from addresses(call)
        found = call.options(options, stop=True)
        for unknown in found.unknown:
            yield danger(f"{call.name} {unknown} is not known")
        if not found.operands:
            yield from alone(call) if alone is not READ else ()
            return
        verb, *rest = found.operands
        known = by_verb.get(verb.literal or "")
        if known is None:
            yield danger(f"{call.name} {verb.text} {other or 'is not known to be harmless'}")
            return
        inner = Invocation(
            f"{call.name} {verb.text}", tuple(rest), call.scope, call.stdin, call.walker
        )
        yield from known(inner)

    return judge
